package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.model.TestModels;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LanguageEncoderTest {

  private static final int BEGIN = 256;
  private static final int END = 257;

  @SuppressWarnings("NullAway.Init")
  private ExampleEncoder cutting;

  @SuppressWarnings("NullAway.Init")
  private ExampleEncoder rejecting;

  @SuppressWarnings("NullAway.Init")
  private Tokenizer tokenizer;

  @BeforeAll
  void open() throws IOException {
    cutting = ExampleEncoder.open(TestModels.tinyLlama(), 16, TextTooLong.TRUNCATE);
    rejecting = ExampleEncoder.open(TestModels.tinyLlama(), 16, TextTooLong.REJECT);
    tokenizer = Tokenizer.open(TestModels.tinyLlama());
  }

  @AfterAll
  void close() {
    cutting.close();
    rejecting.close();
    tokenizer.close();
  }

  private static List<TokenizedExample> encode(ExampleEncoder encoder, Object payload)
      throws RejectedException {
    return encoder.encode(new TrainingExample("a", "e", Instant.EPOCH, payload, 1f), "t", 0, 7);
  }

  private static void assertRejected(
      ExampleEncoder encoder, Object payload, RejectionReason reason, String message) {
    RejectedException rejected =
        catchThrowableOfType(RejectedException.class, () -> encode(encoder, payload));
    assertThat(rejected).hasMessageContaining(message);
    assertThat(rejected.reason()).isEqualTo(reason);
  }

  @Test
  void takesAPlainTextAsItIs() throws RejectedException {
    TokenizedExample example = encode(cutting, new PlainText("the séa")).get(0);
    assertThat(example.tokens()[0]).isEqualTo(BEGIN);
    assertThat(example.tokens()).isEqualTo(tokenizer.encode("the séa").tokens());
    assertThat(example.lossFrom()).isEqualTo(1);
    assertThat(example.bytes()).isEqualTo(8);
    assertThat(example.continued()).isFalse();
    assertThat(example.label()).isNull();
  }

  @Test
  void cutsALongTextSoThatEveryTokenIsPredictedOnce() throws RejectedException {
    String text = "the stream goes on: été, Ähre, zzz. ".repeat(9);
    int[] whole = tokenizer.encode(text).tokens();
    List<TokenizedExample> pieces = encode(cutting, new PlainText(text));
    assertThat(pieces).hasSize((whole.length - 1 + 14) / 15);
    assertThat(pieces).extracting(TokenizedExample::continued).endsWith(true, false);
    assertThat(pieces.stream().filter(TokenizedExample::continued)).hasSize(pieces.size() - 1);
    int[] predicted =
        pieces.stream()
            .flatMapToInt(piece -> Arrays.stream(piece.tokens()).skip(piece.lossFrom()))
            .toArray();
    assertThat(predicted).isEqualTo(Arrays.copyOfRange(whole, 1, whole.length));
    for (int i = 1; i < pieces.size(); i++) {
      int[] before = pieces.get(i - 1).tokens();
      assertThat(before).hasSize(16);
      assertThat(pieces.get(i).tokens()[0]).isEqualTo(before[15]);
    }
    assertThat(pieces.stream().mapToInt(TokenizedExample::bytes).sum())
        .isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
  }

  @Test
  void learnsOnlyTheCompletionAndItsEnd() throws RejectedException {
    TokenizedExample example = encode(cutting, new PromptCompletion("zx:", " qé")).get(0);
    int[] tokens = example.tokens();
    assertThat(tokens[0]).isEqualTo(BEGIN);
    assertThat(tokens[tokens.length - 1]).isEqualTo(END);
    assertThat(example.lossFrom()).isEqualTo(1 + 3);
    assertThat(tokens.length - example.lossFrom()).isEqualTo(4 + 1);
    assertThat(example.bytes()).isEqualTo(4);
  }

  @Test
  void countsATokenOfBothSidesAsTheCompletions() throws RejectedException {
    TokenizedExample example = encode(cutting, new PromptCompletion("zt", "he")).get(0);
    int[] prompt = tokenizer.encode("zt").tokens();
    assertThat(Arrays.mismatch(prompt, example.tokens())).isEqualTo(example.lossFrom());
    assertThat(example.lossFrom()).isLessThan(prompt.length);
  }

  @Test
  void cutsALongCompletionButNotAwayFromItsPrompt() throws RejectedException {
    String prompt = "zzzzz";
    TokenizedExample example =
        encode(cutting, new PromptCompletion(prompt, "qqq".repeat(9))).get(0);
    assertThat(example.tokens()).hasSize(16).doesNotContain(END);
    assertThat(example.lossFrom()).isEqualTo(6);
    // 10 of 28 predicted tokens are left.
    assertThat(example.bytes()).isEqualTo(27 * 10 / 28);
    assertRejected(
        cutting,
        new PromptCompletion("z".repeat(30), "q"),
        RejectionReason.TEXT_TOO_LONG,
        "prompt: expected fewer than 16 tokens, found 31");
  }

  @Test
  void takesAnEmptyPrompt() throws RejectedException {
    TokenizedExample example = encode(cutting, new PromptCompletion("", "qx")).get(0);
    assertThat(example.tokens()).containsExactly(BEGIN, 'q', 'x', END);
    assertThat(example.lossFrom()).isEqualTo(1);
  }

  @Test
  void refusesWhatTeachesNothing() {
    assertRejected(cutting, new PlainText(" \n"), RejectionReason.EMPTY_TEXT, "text: ");
    assertRejected(
        cutting, new PromptCompletion("a", " "), RejectionReason.EMPTY_TEXT, "completion: ");
    assertRejected(
        cutting,
        new LabeledText("a", "b"),
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "language model and takes PlainText or PromptCompletion, found LabeledText");
    assertRejected(
        rejecting,
        new PlainText("z".repeat(16)),
        RejectionReason.TEXT_TOO_LONG,
        "text: expected at most 16 tokens, found 17");
  }

  @Test
  void givesEveryByteAToken() {
    String all =
        IntStream.rangeClosed(1, 0x2ff).mapToObj(Character::toString).reduce("", String::concat);
    assertThat(Arrays.stream(tokenizer.encode(all).tokens())).allMatch(id -> id < 288);
    assertThat(tokenizer.encode("the stream").tokens().length).isLessThan(10);
  }
}
