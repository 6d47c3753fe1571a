package dev.reslora.text;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an example's payload becomes, by task. */
sealed interface PayloadEncoder extends AutoCloseable
    permits ClassificationEncoder, LanguageEncoder {

  /**
   * A sequence as the model takes it.
   *
   * @param tokens token ids, special tokens among them
   * @param segments token type ids, or null when all are 0
   * @param lossFrom first token whose prediction counts; 0 for a classifier
   * @param label the class; null for a language model
   * @param bytes UTF-8 bytes of what is predicted; 0 for a classifier
   */
  record Sequence(
      int[] tokens, int @Nullable [] segments, int lossFrom, @Nullable String label, int bytes) {}

  /**
   * One sequence, or several where a text is long.
   *
   * @throws RejectedException when this payload cannot be trained on
   */
  List<Sequence> encode(Object payload) throws RejectedException;

  /**
   * The label that a text before this record waits for.
   *
   * @throws RejectedException when the model takes none, or not this one
   */
  String label(LaterLabel later) throws RejectedException;

  /**
   * How long texts may be.
   *
   * @param characters texts are cut (or refused) here before they are tokenized, so that no record
   *     can make the tokenizer work for minutes
   * @param tooLong what becomes of a longer one
   */
  record Limit(int characters, TextTooLong tooLong) {

    /** The text, cut where it is too long; not blank. */
    String bounded(String field, String text) throws RejectedException {
      if (text.isBlank()) {
        throw new RejectedException(
            RejectionReason.EMPTY_TEXT,
            field + ": expected a text, found " + text.length() + " blanks");
      }
      if (text.length() <= characters) {
        return text;
      }
      if (tooLong == TextTooLong.REJECT) {
        throw new RejectedException(
            RejectionReason.TEXT_TOO_LONG,
            field + ": expected at most " + characters + " characters, found " + text.length());
      }
      boolean splitsPair = Character.isHighSurrogate(text.charAt(characters - 1));
      return text.substring(0, splitsPair ? characters - 1 : characters);
    }
  }

  @Override
  void close();
}
