package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.model.TestModels;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

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
    return encoder.encode(
        new TrainingExample("a", "e", Instant.EPOCH, payload, 1f, null), "t", 0, 7);
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

  private static final String TEMPLATE =
      "{% for m in messages %}{{ bos_token if loop.first }}{{ m.role[0] }}:{{ m.content | trim }}"
          + "{{ eos_token if m.role == 'assistant' }}{% endfor %}"
          + "{{ 'a:' if add_generation_prompt }}";

  private static ChatMessages chat(String... contents) {
    List<ChatMessage> messages = new ArrayList<>();
    for (String content : contents) {
      messages.add(new ChatMessage(messages.size() % 2 == 0 ? "user" : "assistant", content));
    }
    return new ChatMessages(messages);
  }

  /** The tiny model with a chat template. */
  private static ExampleEncoder chatting(Path directory, String template) throws IOException {
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(TestModels.tinyLlama().resolve(file), directory.resolve(file));
    }
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
    Files.writeString(directory.resolve("chat_template.jinja"), template);
    return ExampleEncoder.open(directory, 32, TextTooLong.REJECT);
  }

  @Test
  void learnsWhatTheAssistantSaysInTheFormInWhichItIsAsked(@TempDir Path directory)
      throws Exception {
    try (ExampleEncoder encoder = chatting(directory, TEMPLATE)) {
      List<TokenizedExample> turns = encode(encoder, chat("x", " qé ", "z", "y", "unanswered"));
      assertThat(turns).hasSize(2);
      assertThat(turns).extracting(TokenizedExample::continued).containsExactly(true, false);
      int[] first = turns.get(0).tokens();
      assertThat(first).startsWith(BEGIN, 'u', ':', 'x', 'a', ':', 'q').endsWith(END);
      assertThat(first[1]).isNotEqualTo(BEGIN);
      assertThat(turns.get(0).lossFrom()).isEqualTo(6);
      assertThat(turns.get(0).bytes()).isEqualTo("qé</s>".getBytes(StandardCharsets.UTF_8).length);
      int[] second = turns.get(1).tokens();
      assertThat(second).startsWith(first).endsWith('z', 'a', ':', 'y', END);
      assertThat(turns.get(1).lossFrom()).isEqualTo(second.length - 2);
    }
  }

  @Test
  void refusesConversationsThatTheTemplateDoesNotTake(@TempDir Path directory) throws Exception {
    String picky =
        "{% if messages[0].content == 'no' %}{{ raise_exception('not this') }}{% endif %}";
    try (ExampleEncoder encoder = chatting(directory, picky + TEMPLATE)) {
      assertRejected(
          encoder,
          chat("no", "y"),
          RejectionReason.INVALID_FIELD,
          "messages: the chat template refuses: not this");
      assertRejected(
          encoder,
          chat("only a question"),
          RejectionReason.EMPTY_TEXT,
          "messages: expected one of the role assistant, found none in 1");
      assertRejected(
          encoder,
          chat("q".repeat(40), "y"),
          RejectionReason.TEXT_TOO_LONG,
          "expected at most 32 tokens");
    }
  }

  @Test
  void refusesATemplateThatAsksOtherwiseThanItWrites(@TempDir Path directory) throws Exception {
    String otherwise = "{{ 'asked' if add_generation_prompt else 'written' }}";
    try (ExampleEncoder encoder = chatting(directory, otherwise)) {
      assertRejected(
          encoder,
          chat("x", "y"),
          RejectionReason.INVALID_FIELD,
          "messages: the chat template writes message 1 otherwise than it is asked for");
    }
  }

  @Test
  void refusesConversationsWithoutATemplate() {
    assertRejected(
        cutting,
        chat("x", "y"),
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "the base model's directory has no chat template");
  }

  @Test
  void takesTextsWhereTheTemplateIsNotKnown(@TempDir Path directory) throws Exception {
    try (ExampleEncoder encoder = chatting(directory, "{% macro x() %}{% endmacro %}")) {
      assertThat(encode(encoder, new PlainText("a text"))).hasSize(1);
      assertRejected(
          encoder,
          chat("x", "y"),
          RejectionReason.UNSUPPORTED_PAYLOAD,
          "chat_template: line 1: expected if, for, set");
    }
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
        "takes PlainText, PromptCompletion or ChatMessages, found LabeledText");
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
