package dev.reslora.text;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Plain texts, and prompts with their completions, for a language model.
 *
 * <p>A plain text longer than the limit becomes several sequences, each beginning with the token
 * that the one before ended with: every token but the first is predicted once. A completion ends
 * with the model's end token, so that it is learned where to stop; a plain text is taken as it is.
 */
final class LanguageEncoder implements PayloadEncoder {

  /** Longest text; at about 4 characters a token a million tokens. */
  private static final int MAX_CHARACTERS = 1 << 22;

  private final Tokenizer tokenizer;
  private final int maxTokens;
  private final List<Integer> endTokens;
  private final Limit limit;

  /**
   * @param tokenizer cuts nothing; closed with this
   * @param maxTokens most tokens of a sequence
   * @param endTokens what ends a text of the model, the first of them a completion; may be empty
   */
  LanguageEncoder(
      Tokenizer tokenizer, int maxTokens, List<Integer> endTokens, TextTooLong tooLong) {
    this.tokenizer = tokenizer;
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
    throw new RejectedException(
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "payload: this model is a language model and takes PlainText or PromptCompletion, found "
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
    int[] given = tokenizer.encode(prompt).tokens();
    int[] tokens = ended(tokenizer.encode(prompt + completion).tokens());
    // Where the two meet a token may hold a piece of both; it counts as the completion's.
    int same = Arrays.mismatch(given, tokens);
    int from = Math.max(1, same < 0 ? given.length : same);
    if (from >= tokens.length) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT, "completion: expected a token to predict, found none");
    }
    refuseIfTooLong(tokens.length);
    if (from >= maxTokens) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "prompt: expected fewer than " + maxTokens + " tokens, found " + from);
    }
    int length = Math.min(maxTokens, tokens.length);
    long bytes = utf8(completion) * (length - from) / (tokens.length - from);
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
