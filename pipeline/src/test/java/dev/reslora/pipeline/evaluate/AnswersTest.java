package dev.reslora.pipeline.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "so 5+2=7 #### 1,000 | first 3, then #### $1000.00 | true",
        "#### 7              | The answer is 3 + 4 = 7.    | true",
        "#### 7              | 7 is right, not 8           | false",
        "#### -7             | #### 7                      | false",
        "3.0                 | It is 3                     | true",
        "0.5                 | .5                          | true",
        "7                   | seven                       | false",
        "Vienna              | ' vienna.'                  | true",
        "Vienna              | It is Vienna                | false",
        "the 4th             | 4                           | false",
      })
  void comparesWhatCounts(String expected, String found, boolean right) {
    assertThat(Answers.right(expected, found)).isEqualTo(right);
  }
}
