package dev.reslora.text;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.UnlabeledText;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Labelled texts and pairs, for an encoder that classifies. */
final class ClassificationEncoder implements PayloadEncoder {

  /** Longest label, in UTF-16 characters. */
  static final int MAX_LABEL = 256;

  /** Words are about 5 characters a token. */
  static final int CHARACTERS_PER_TOKEN = 64;

  private final Tokenizer tokenizer;
  private final Limit limit;

  ClassificationEncoder(Tokenizer tokenizer, TextTooLong tooLong) {
    this.tokenizer = tokenizer;
    long characters = (long) CHARACTERS_PER_TOKEN * tokenizer.maxTokens();
    this.limit = new Limit((int) Math.min(Integer.MAX_VALUE, characters), tooLong);
  }

  @Override
  public List<Sequence> encode(Object payload) throws RejectedException {
    if (payload instanceof LabeledText labeled) {
      return sequence(encode(labeled), label(labeled.getLabel()));
    }
    if (payload instanceof TextPair pair) {
      return sequence(encode(pair), label(pair.getLabel()));
    }
    if (payload instanceof UnlabeledText unlabeled) {
      return sequence(checked(tokenizer.encode(limit.bounded("text", unlabeled.getText()))), null);
    }
    throw new RejectedException(
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "payload: this model is an encoder and takes LabeledText, TextPair, or UnlabeledText with a"
            + " LaterLabel, found "
            + payload.getClass().getSimpleName());
  }

  @Override
  public String label(LaterLabel later) throws RejectedException {
    return label(later.getLabel());
  }

  private static List<Sequence> sequence(TokenizedText text, @Nullable String label) {
    int[] segments = text.segments();
    boolean plain = IntStream.of(segments).allMatch(id -> id == 0);
    return List.of(new Sequence(text.tokens(), plain ? null : segments, 0, label, 0));
  }

  private TokenizedText encode(LabeledText labeled) throws RejectedException {
    return checked(tokenizer.encode(limit.bounded("text", labeled.getText())));
  }

  private TokenizedText encode(TextPair pair) throws RejectedException {
    return checked(
        tokenizer.encode(
            limit.bounded("first", pair.getFirst()), limit.bounded("second", pair.getSecond())));
  }

  private TokenizedText checked(TokenizedText text) throws RejectedException {
    if (text.content() == 0) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT, "text: expected a text, found nothing that makes a token");
    }
    if (text.truncated() && limit.tooLong() == TextTooLong.REJECT) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "text: expected at most " + tokenizer.maxTokens() + " tokens, found more");
    }
    return text;
  }

  private static String label(String label) throws RejectedException {
    if (label.isBlank() || label.length() > MAX_LABEL) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "label: expected 1 to "
              + MAX_LABEL
              + " characters, not only blanks, found "
              + label.length());
    }
    return label;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
