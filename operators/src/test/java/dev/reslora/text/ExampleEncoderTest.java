package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.model.ModelFileException;
import dev.reslora.model.TestModels;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.schema.avro.UnlabeledText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExampleEncoderTest {

  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  @SuppressWarnings("NullAway.Init")
  private ExampleEncoder truncating;

  @SuppressWarnings("NullAway.Init")
  private ExampleEncoder rejecting;

  @BeforeAll
  void open() throws IOException {
    truncating = ExampleEncoder.open(TestModels.tiny(), 16, TextTooLong.TRUNCATE);
    rejecting = ExampleEncoder.open(TestModels.tiny(), 16, TextTooLong.REJECT);
  }

  @AfterAll
  void close() {
    truncating.close();
    rejecting.close();
  }

  @Test
  void encodesATextWhoseLabelComesLater() throws RejectedException {
    TokenizedExample labelled = encode(truncating, new LabeledText("ab c", "spam"));
    TokenizedExample unlabelled = encode(truncating, new UnlabeledText("ab c"));
    assertThat(unlabelled.label()).isNull();
    assertThat(unlabelled.labelled("spam")).usingRecursiveComparison().isEqualTo(labelled);
  }

  @Test
  void checksALabelThatComesLater() throws RejectedException {
    LaterLabel later = new LaterLabel("spam", true);
    TrainingExample example = new TrainingExample("adapter", "example", TIME, later, 1f, null);
    assertThat(truncating.encodeLabel(example, later, "topic", 3, 42))
        .isEqualTo(
            new LateLabel("adapter", "example", "topic", 3, 42, TIME.toEpochMilli(), "spam", true));
    later.setLabel(" ");
    assertThatThrownBy(() -> truncating.encodeLabel(example, later, "topic", 3, 42))
        .isInstanceOf(RejectedException.class)
        .hasMessageStartingWith("label: expected 1 to 256 characters");
  }

  @Test
  void encodesALabelledText() throws RejectedException {
    TokenizedExample example = encode(truncating, new LabeledText("ab c", "spam"));
    assertThat(example)
        .returns("adapter", TokenizedExample::adapterId)
        .returns("example", TokenizedExample::exampleId)
        .returns("topic", TokenizedExample::topic)
        .returns(3, TokenizedExample::partition)
        .returns(42L, TokenizedExample::offset)
        .returns(1_700_000_000_123L, TokenizedExample::eventTime)
        .returns("spam", TokenizedExample::label)
        .returns(0.5f, TokenizedExample::weight)
        .returns(0, TokenizedExample::lossFrom)
        .returns(null, TokenizedExample::segments);
    // [CLS] a ##b c [SEP]
    assertThat(example.tokens()).containsExactly(2, 5, 42, 7, 3);
  }

  @Test
  void encodesAPairWithItsSegments() throws RejectedException {
    TokenizedExample example = encode(truncating, new TextPair("a", "b", "same"));
    assertThat(example.tokens()).containsExactly(2, 5, 3, 6, 3);
    assertThat(example.segments()).containsExactly(0, 0, 0, 1, 1);
  }

  @Test
  void cutsOrRefusesALongText() throws RejectedException {
    LabeledText text = new LabeledText("a ".repeat(15), "x");
    assertThat(encode(truncating, text).tokens()).hasSize(16);
    assertRejected(
        rejecting, text, RejectionReason.TEXT_TOO_LONG, "expected at most 16 tokens, found more");
    assertThat(encode(rejecting, new LabeledText("a ".repeat(14), "x")).tokens()).hasSize(16);
  }

  @Test
  void doesNotTokenizeTenMegabytes() throws RejectedException {
    LabeledText text = new LabeledText("a" + " ".repeat(10 << 20) + "b", "x");
    assertThat(encode(truncating, text).tokens()).containsExactly(2, 5, 3);
    assertRejected(
        rejecting,
        text,
        RejectionReason.TEXT_TOO_LONG,
        "text: expected at most 1024 characters, found 10485762");
  }

  @Test
  void doesNotCutACharacterInTwo() throws RejectedException {
    LabeledText text = new LabeledText("a" + "\ud83d\ude00".repeat(1000), "x");
    assertThat(encode(truncating, text).tokens()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n", "\u2003", "\u0001\u0002"})
  void refusesATextThatSaysNothing(String text) {
    assertRejected(
        truncating,
        new LabeledText(text, "x"),
        RejectionReason.EMPTY_TEXT,
        "text: expected a text");
  }

  @Test
  void namesTheEmptyTextOfAPair() {
    assertRejected(
        truncating, new TextPair("a", " ", "x"), RejectionReason.EMPTY_TEXT, "second: expected");
  }

  @Test
  void refusesWhatAnEncoderDoesNotLearn() {
    assertRejected(
        truncating,
        new PlainText("a"),
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "takes LabeledText, TextPair, or UnlabeledText with a LaterLabel, found PlainText");
    assertRejected(
        truncating,
        new PromptCompletion("a", "b"),
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "found PromptCompletion");
  }

  @Test
  void refusesALabelThatIsBlankOrLong() throws RejectedException {
    String longest = "x".repeat(256);
    assertThat(encode(truncating, new LabeledText("a", longest)).label()).isEqualTo(longest);
    for (String label : new String[] {"", "  ", longest + "x"}) {
      assertRejected(
          truncating,
          new LabeledText("a", label),
          RejectionReason.INVALID_FIELD,
          "label: expected 1 to 256 characters");
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {-1, Float.NaN, Float.POSITIVE_INFINITY})
  void refusesAWeightThatIsNegativeOrNotFinite(float weight) {
    TrainingExample example =
        new TrainingExample("adapter", "example", TIME, new LabeledText("a", "x"), weight, null);
    assertThatThrownBy(() -> truncating.encode(example, "topic", 0, 0))
        .isInstanceOf(RejectedException.class)
        .hasMessageContaining("weight: expected a finite number of at least 0, found " + weight);
  }

  @Test
  void takesAsManyTokensAsTheModelHasPositions() throws IOException, RejectedException {
    try (ExampleEncoder encoder = ExampleEncoder.open(TestModels.tiny(), 0, TextTooLong.TRUNCATE)) {
      assertThat(encode(encoder, new LabeledText("a ".repeat(100), "x")).tokens()).hasSize(64);
    }
    assertThatThrownBy(() -> ExampleEncoder.open(TestModels.tiny(), 65, TextTooLong.TRUNCATE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxTokens: expected at most 64");
  }

  /** An id without a vector would be read beyond the embeddings' end, in native code. */
  @Test
  void refusesATokenizerOfAnotherModel(@TempDir Path directory) throws IOException {
    Path tiny = TestModels.tiny();
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(tiny.resolve(file), directory.resolve(file));
    }
    Path tokenizer = directory.resolve("tokenizer.json");
    Files.copy(TestModels.minilm().resolve("tokenizer.json"), tokenizer);
    assertThatThrownBy(() -> ExampleEncoder.open(directory, 0, TextTooLong.REJECT).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining(
            "has token id 30521, expected less than the model's vocabulary of 77");
    String text = Files.readString(tiny.resolve("tokenizer.json"));
    Files.writeString(tokenizer, text.replace("\"type_id\" : 1", "\"type_id\" : 2"));
    assertThatThrownBy(() -> ExampleEncoder.open(directory, 0, TextTooLong.REJECT).close())
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("has segment 2, expected less than the model's 2");
  }

  private static TokenizedExample encode(ExampleEncoder encoder, Object payload)
      throws RejectedException {
    TrainingExample example = new TrainingExample("adapter", "example", TIME, payload, 0.5f, null);
    List<TokenizedExample> encoded = encoder.encode(example, "topic", 3, 42);
    assertThat(encoded).hasSize(1);
    return encoded.get(0);
  }

  private static void assertRejected(
      ExampleEncoder encoder, Object payload, RejectionReason reason, String message) {
    RejectedException rejected =
        catchThrowableOfType(RejectedException.class, () -> encode(encoder, payload));
    assertThat(rejected).hasMessageContaining(message);
    assertThat(rejected.reason()).isEqualTo(reason);
  }
}
