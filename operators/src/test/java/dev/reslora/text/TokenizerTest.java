package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.ModelFileException;
import dev.reslora.model.TestModels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenizerTest {

  private static final int CLS = 101;
  private static final int SEP = 102;

  @SuppressWarnings("NullAway.Init")
  private Tokenizer tokenizer;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(TestModels.minilm());
  }

  @AfterAll
  void close() {
    tokenizer.close();
  }

  @Test
  void addsTheModelsSpecialTokens() {
    TokenizedText text = tokenizer.encode("Hello, world!");
    assertThat(text.tokens()).containsExactly(CLS, 7592, 1010, 2088, 999, SEP);
    assertThat(text.segments()).containsOnly(0);
    assertThat(text.content()).isEqualTo(4);
    assertThat(text.truncated()).isFalse();
  }

  @Test
  void tellsTheTextsOfAPairApart() {
    TokenizedText pair = tokenizer.encode("Hello", "world");
    assertThat(pair.tokens()).containsExactly(CLS, 7592, SEP, 2088, SEP);
    assertThat(pair.segments()).containsExactly(0, 0, 0, 1, 1);
    assertThat(pair.content()).isEqualTo(2);
  }

  @Test
  void neitherCutsNorPadsUnlessTold() {
    assertThat(tokenizer.encode("a").tokens()).hasSize(3);
    assertThat(tokenizer.encode("word ".repeat(2000)).tokens()).hasSize(2002);
  }

  @Test
  void cutsAtTheLimitAndOfAPairTheLongerText() throws IOException {
    try (Tokenizer limited = Tokenizer.open(TestModels.minilm(), 8)) {
      TokenizedText text = limited.encode("word ".repeat(2000));
      assertThat(text.tokens()).hasSize(8).endsWith(SEP);
      assertThat(text.truncated()).isTrue();
      assertThat(limited.encode("word ".repeat(6)))
          .returns(false, TokenizedText::truncated)
          .returns(6, TokenizedText::content);
      TokenizedText pair = limited.encode("Hello", "word ".repeat(100));
      assertThat(pair.tokens()).containsExactly(CLS, 7592, SEP, 2773, 2773, 2773, 2773, SEP);
      assertThat(pair.segments()).containsExactly(0, 0, 0, 1, 1, 1, 1, 1);
    }
  }

  /** Texts and ids written by transformers' AutoTokenizer on the same directory. */
  @Test
  void agreesWithTransformers() throws IOException {
    try (InputStream in = TokenizerTest.class.getResourceAsStream("transformers-tokens.json")) {
      JsonNode cases = new ObjectMapper().readTree(Objects.requireNonNull(in));
      assertThat(cases.size()).isEqualTo(200);
      for (JsonNode each : cases) {
        int[] expected =
            IntStream.range(0, each.get("tokens").size())
                .map(i -> each.get("tokens").get(i).asInt())
                .toArray();
        assertThat(tokenizer.encode(each.get("text").asText()).tokens())
            .as(each.get("text").asText())
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void takesTextsThatAreNotWellFormed() {
    for (String text : List.of("a\u0000b", "\ud800", "x\udc00y", "\uffff", "\u0001")) {
      assertThat(tokenizer.encode(text).tokens()).startsWith(CLS).endsWith(SEP);
    }
  }

  @Test
  void namesAFileThatIsMissingOrNoTokenizer(@TempDir Path directory) throws IOException {
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("tokenizer.json: does not exist");
    Files.writeString(directory.resolve("tokenizer.json"), "{\"version\":");
    assertThatThrownBy(() -> Tokenizer.open(directory))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("tokenizer.json: is not a tokenizer");
  }

  @Test
  void refusesALimitThatLeavesNoRoom() {
    assertThatThrownBy(() -> Tokenizer.open(TestModels.minilm(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxTokens: expected at least 8, found 3");
  }
}
