package dev.reslora.pipeline.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.Sampling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionRequestTest {

  @Test
  void fillsInWhatIsNotGiven() throws BadRequestException {
    CompletionRequest.Asked asked = CompletionRequest.parse("{\"prompt\":\"We\"}".getBytes(UTF_8));
    assertThat(asked.streams()).isFalse();
    assertThat(asked.request().prompt()).isEqualTo("We");
    assertThat(asked.request().sampling()).isEqualTo(new Sampling(0, 1, 0));
  }

  /** In the client's words: what the fields are called there, and what JSON calls their types. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|prompt: expected a text, found nothing",
        "[]|the body: expected an object",
        "{\"prompt\":1}|prompt: expected a text",
        "{\"prompt\":\"We\",\"max_tokens\":\"5\"}|max_tokens: expected a whole number of up to 32 bits",
        "{\"prompt\":\"We\",\"seed\":{}}|seed: expected a whole number of up to 64 bits",
        "{\"prompt\":\"We\",\"top_p\":[1]}|top_p: expected a number",
        "{\"prompt\":\"We\",\"stream\":\"yes\"}|stream: expected true or false",
        "{\"prompt\":\"We\",\"maxTokens\":5}|maxTokens: expected one of the fields max_tokens,"
            + " prompt, seed, stream, temperature, top_p",
      })
  void saysWhatIsWrong(String body, String message) {
    assertThatThrownBy(() -> CompletionRequest.parse(body.getBytes(UTF_8)))
        .isInstanceOf(BadRequestException.class)
        .hasMessage(message);
  }

  @Test
  void saysWhereJsonEnds() {
    assertThatThrownBy(() -> CompletionRequest.parse("{\"prompt\":".getBytes(UTF_8)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageStartingWith("the body");
  }
}
