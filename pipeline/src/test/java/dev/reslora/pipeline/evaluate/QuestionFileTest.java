package dev.reslora.pipeline.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines made up in the fields of the published data sets. */
class QuestionFileTest {

  private static final String PATTERN = "Q: {question}\nA:";

  @TempDir Path directory;

  private List<Question> read(QuestionFormat format, String... lines) throws IOException {
    Path file = Files.write(directory.resolve("questions.jsonl"), List.of(lines));
    return QuestionFile.read(file, format, PATTERN, Integer.MAX_VALUE);
  }

  @Test
  void readsPlainQuestions() throws IOException {
    assertThat(
            read(
                QuestionFormat.PLAIN,
                "{\"question\": \"1 + 1?\", \"answer\": \"2\"}",
                "{\"question\": \"Up or\", \"choices\": [\"down\", \"out\"], \"label\": 0}"))
        .containsExactly(
            new Question.Open("Q: 1 + 1?\nA:", "2"),
            new Question.Choice("Q: Up or\nA:", List.of("down", "out"), 0));
  }

  @Test
  void readsGsm8k() throws IOException {
    assertThat(
            read(
                QuestionFormat.GSM8K,
                "{\"question\": \"Two hens?\", \"answer\": \"1+1=<<1+1=2>>2\\n#### 2\"}"))
        .containsExactly(new Question.Open("Q: Two hens?\nA:", "1+1=<<1+1=2>>2\n#### 2"));
  }

  @Test
  void readsSvampAsTheArrayThatItIsPublishedAs() throws IOException {
    assertThat(
            read(
                QuestionFormat.SVAMP,
                "[{\"Body\": \"He has 3\", \"Question\": \"How many?\", \"Answer\": 3.0}]"))
        .containsExactly(new Question.Open("Q: He has 3. How many?\nA:", "3.0"));
  }

  @Test
  void readsMathQa() throws IOException {
    assertThat(
            read(
                QuestionFormat.MATHQA,
                "{\"Problem\": \"How long?\", \"options\":"
                    + " \"a ) 3 , 8 days , b ) 27.5 , c ) 4 / 5 , d ) 27 , e ) none of these\","
                    + " \"correct\": \"c\"}"))
        .containsExactly(
            new Question.Choice(
                "Q: How long?\nA:",
                List.of("3 , 8 days", "27.5", "4 / 5", "27", "none of these"),
                2));
  }

  @Test
  void readsHellaSwag() throws IOException {
    assertThat(
            read(
                QuestionFormat.HELLASWAG,
                "{\"activity_label\": \"Tying\", \"ctx_a\": \"[header] A man [title] sits.\","
                    + " \"ctx_b\": \"he\", \"label\": \"1\","
                    + " \"endings\": [\"runs. [substeps] Then\", \"ties a knot.\"]}"))
        .containsExactly(
            new Question.Choice(
                "Tying: A man. sits. He", List.of("runs. Then", "ties a knot."), 1));
  }

  @Test
  void namesTheQuestionThatIsNotAsExpected() {
    assertThatThrownBy(() -> read(QuestionFormat.GSM8K, "{\"question\": \"a\", \"answer\": \"\"}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("question 1: expected a text in 'answer'");
    assertThatThrownBy(
            () ->
                read(
                    QuestionFormat.PLAIN,
                    "{\"question\": \"a\", \"choices\": [\"b\", \"c\"], \"label\": 2}"))
        .hasMessageContaining("expected one of 2, found number 2");
    assertThatThrownBy(() -> read(QuestionFormat.PLAIN, "{\"question\""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not JSON");
    assertThatThrownBy(() -> read(QuestionFormat.PLAIN, "[]"))
        .hasMessageContaining("expected a question, found none");
  }
}
