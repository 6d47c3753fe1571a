package dev.reslora.text;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.text.template.TemplateException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Plain texts, prompts with their completions, and conversations, for a language model.
 *
 * <p>A plain text longer than the limit becomes several sequences, each beginning with the token
 * that the one before ended with: every token but the first is predicted once. A completion ends
 * with the model's end token, so that it is learned where to stop; a plain text is taken as it is.
 *
 * <p>Of a conversation each turn of the assistant becomes a sequence: all that was said before, as
 * the model's chat template writes it when the assistant is asked to speak, and the turn, which
 * alone is predicted. So the model learns in the very form in which it will be asked.
 */
final class LanguageEncoder implements PayloadEncoder {

  /** Longest text; at about 4 characters a token a million tokens. */
  private static final int MAX_CHARACTERS = 1 << 22;

  private static final String ASSISTANT = "assistant";

  private final Tokenizer tokenizer;
  private final Conversations conversations;
  private final int maxTokens;
  private final List<Integer> endTokens;
  private final Limit limit;

  /**
   * @param tokenizer cuts nothing; closed with this
   * @param conversations how the model writes them, or why it cannot
   * @param maxTokens most tokens of a sequence
   * @param endTokens what ends a text of the model, the first of them a completion; may be empty
   */
  LanguageEncoder(
      Tokenizer tokenizer,
      Conversations conversations,
      int maxTokens,
      List<Integer> endTokens,
      TextTooLong tooLong) {
    this.tokenizer = tokenizer;
    this.conversations = conversations;
    this.maxTokens = maxTokens;
    this.endTokens = endTokens;
    this.limit = new Limit(MAX_CHARACTERS, tooLong);
  }

  @Override
  public List<Sequence> encode(Object payload) throws RejectedException {
    if (payload instanceof PlainText plain) {
      return plain(limit.bounded("text", plain.getText()));
    }
    if (payload instanceof PromptCompletion pair) {
      return List.of(
          completion(
              pair.getPrompt().isEmpty() ? "" : limit.bounded("prompt", pair.getPrompt()),
              limit.bounded("completion", pair.getCompletion())));
    }
    if (payload instanceof ChatMessages chat) {
      return turns(chat.getMessages());
    }
    throw unsupported(payload);
  }

  @Override
  public String label(LaterLabel later) throws RejectedException {
    throw unsupported(later);
  }

  private static RejectedException unsupported(Object payload) {
    return new RejectedException(
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "payload: this model is a language model and takes PlainText, PromptCompletion or"
            + " ChatMessages, found "
            + payload.getClass().getSimpleName());
  }

  private List<Sequence> plain(String text) throws RejectedException {
    int[] tokens = tokenizer.encode(text).tokens();
    int predicted = tokens.length - 1;
    if (predicted < 1) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT, "text: expected a token to predict, found none");
    }
    refuseIfTooLong(tokens.length);
    long bytes = utf8(text);
    List<Sequence> sequences = new ArrayList<>();
    for (int begin = 0; begin < predicted; begin += maxTokens - 1) {
      int end = Math.min(predicted, begin + maxTokens - 1);
      int[] part = Arrays.copyOfRange(tokens, begin, end + 1);
      int share = (int) (bytes * end / predicted - bytes * begin / predicted);
      sequences.add(new Sequence(part, null, 1, null, share));
    }
    return sequences;
  }

  private Sequence completion(String prompt, String completion) throws RejectedException {
    return predicted(
        new Fields("prompt", "completion"),
        tokenizer.encode(prompt).tokens(),
        ended(tokenizer.encode(prompt + completion).tokens()),
        utf8(completion));
  }

  private List<Sequence> turns(List<ChatMessage> messages) throws RejectedException {
    ChatTemplate form = conversations.template();
    List<Sequence> turns = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).getRole().equals(ASSISTANT)) {
        turns.add(turn(form, messages, i));
      }
    }
    if (turns.isEmpty()) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT,
          "messages: expected one of the role assistant, found none in " + messages.size());
    }
    return turns;
  }

  /** Of a payload, for messages. */
  private record Fields(String given, String predicted) {}

  private Sequence turn(ChatTemplate form, List<ChatMessage> messages, int number)
      throws RejectedException {
    String before;
    String whole;
    try {
      before = form.render(messages.subList(0, number), true);
      whole = form.render(messages.subList(0, number + 1), false);
    } catch (TemplateException e) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD, "messages: the chat template refuses: " + e.getMessage());
    }
    if (!whole.startsWith(before)) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "messages: the chat template writes message %d otherwise than it is asked for"
              .formatted(number));
    }
    if (whole.length() > MAX_CHARACTERS) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "messages: expected at most " + MAX_CHARACTERS + " characters, found " + whole.length());
    }
    return predicted(
        new Fields("messages", "messages"),
        tokenizer.encodeWritten(before),
        tokenizer.encodeWritten(whole),
        utf8(whole.substring(before.length())));
  }

  /** A sequence whose last tokens, those that are not given, are predicted. */
  private Sequence predicted(Fields fields, int[] given, int[] tokens, long completionBytes)
      throws RejectedException {
    // Where the two meet a token may hold a piece of both; it counts as the completion's.
    int same = Arrays.mismatch(given, tokens);
    int from = Math.max(1, same < 0 ? given.length : same);
    if (from >= tokens.length) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT,
          fields.predicted + ": expected a token to predict, found none");
    }
    refuseIfTooLong(tokens.length);
    if (from >= maxTokens) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "%s: expected fewer than %d tokens, found %d".formatted(fields.given, maxTokens, from));
    }
    int length = Math.min(maxTokens, tokens.length);
    long bytes = completionBytes * (length - from) / (tokens.length - from);
    return new Sequence(Arrays.copyOf(tokens, length), null, from, null, (int) bytes);
  }

  private int[] ended(int[] tokens) {
    if (endTokens.isEmpty()
        || (tokens.length > 0 && endTokens.contains(tokens[tokens.length - 1]))) {
      return tokens;
    }
    int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
    ended[tokens.length] = endTokens.get(0);
    return ended;
  }

  private void refuseIfTooLong(int tokens) throws RejectedException {
    if (tokens > maxTokens && limit.tooLong() == TextTooLong.REJECT) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "text: expected at most " + maxTokens + " tokens, found " + tokens);
    }
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
