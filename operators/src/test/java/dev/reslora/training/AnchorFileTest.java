package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnchorFileTest {

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @TempDir private Path directory;

  @AfterAll
  static void close() {
    OPEN.close();
  }

  @Test
  void readsLabelledTextsInOrder() throws IOException {
    AnchorFile file =
        read(
            TestModels.tiny(),
            """
            {"text": "the soup", "label": "food"}

            {"label": 3, "text": "the car"}
            """);
    assertThat(file.examples()).extracting(TokenizedExample::label).containsExactly("food", "3");
    assertThat(file.examples()).extracting(TokenizedExample::exampleId).doesNotHaveDuplicates();
    assertThat(file.digest()).hasSize(64);
    assertThat(file.everySteps()).isEqualTo(5);
  }

  @Test
  void readsCompletionsAndTextsForALanguageModel() throws IOException {
    AnchorFile file =
        read(
            TestModels.tinyLlama(),
            """
            {"prompt": "one two", "completion": "three"}
            {"completion": "three four"}
            {"text": "one two three"}
            """);
    assertThat(file.examples()).hasSize(3).allMatch(example -> example.label() == null);
    assertThat(file.examples().get(0).lossFrom()).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                        | expected 1 to 256 examples, found 0",
        "[1]                                       | :1: expected a text in 'text', found MISSING",
        "{\"text\": [], \"label\": \"a\"}          | :1: expected a text in 'text', found ARRAY",
        "{\"text\": \"a\"}                         | :1: payload: this model is an encoder",
        "{\"text\": \"a\", \"label\": \"\"}        | :1: label",
        "{\"text\": \"a\"                          | :1: expected a JSON object, found",
        "{\"prompt\": \"a\", \"completion\": \"b\"}| :1: payload: this model is an encoder",
      })
  void namesTheOptionTheLineAndTheFault(String line, String fault) {
    assertThatThrownBy(() -> read(TestModels.tiny(), line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("reslora.forgetting.anchor-file: ")
        .hasMessageContaining(fault);
  }

  @Test
  void takesAtMostSoManyExamples() throws IOException {
    String line = "{\"text\": \"a b\", \"label\": \"x\"}\n";
    assertThat(read(TestModels.tiny(), line.repeat(256)).examples()).hasSize(256);
    assertThatThrownBy(() -> read(TestModels.tiny(), line.repeat(257)))
        .hasMessageContaining("expected 1 to 256 examples, found 257");
  }

  @Test
  void namesAFileThatIsMissing() {
    AnchorSource source = new AnchorSource(directory.resolve("none.jsonl").toString(), 0, 0);
    assertThatThrownBy(() -> Trainer.open(TrainerConfigs.tiny(Shortcut.NONE).anchored(source)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("reslora.forgetting.anchor-file: ")
        .hasMessageContaining("none.jsonl");
  }

  private AnchorFile read(Path model, String content) throws IOException {
    Path file = Files.writeString(directory.resolve("anchors.jsonl"), content);
    return AnchorFile.read(new AnchorSource(file.toString(), 0, 5), model);
  }
}
