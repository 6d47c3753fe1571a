package dev.reslora.text;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.ChatMessages;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.UnlabeledText;
import java.io.Serializable;
import java.util.List;

/**
 * Tells texts from debris without knowing their language: by the share of code points that are
 * letters of any script, marks on letters, or white space. Prose has nine of ten and more, tables
 * of numbers, markup and bytes that were no text have fewer.
 *
 * @param minLetters least share of a record's texts together; 0 takes all
 */
public record TextFilter(double minLetters) implements Serializable {

  private static final int MARKS =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK;

  /**
   * Looks at an example's texts, before they are tokenized.
   *
   * @throws RejectedException when there are too few letters
   */
  public void check(Object payload) throws RejectedException {
    if (minLetters == 0) {
      return;
    }
    double share = letters(texts(payload));
    if (share < minLetters) {
      throw new RejectedException(
          RejectionReason.GIBBERISH,
          "text: expected a share of letters and blanks from %s, found %.3f"
              .formatted(minLetters, share));
    }
  }

  private static List<String> texts(Object payload) {
    if (payload instanceof LabeledText labeled) {
      return List.of(labeled.getText());
    }
    if (payload instanceof UnlabeledText unlabeled) {
      return List.of(unlabeled.getText());
    }
    if (payload instanceof TextPair pair) {
      return List.of(pair.getFirst(), pair.getSecond());
    }
    if (payload instanceof PromptCompletion pair) {
      return List.of(pair.getPrompt(), pair.getCompletion());
    }
    if (payload instanceof PlainText plain) {
      return List.of(plain.getText());
    }
    if (payload instanceof ChatMessages chat) {
      return chat.getMessages().stream().map(ChatMessage::getContent).toList();
    }
    return List.of();
  }

  /** Share of code points that are letters, marks or white space; 1 where there are none. */
  static double letters(List<String> texts) {
    long all = 0;
    long letters = 0;
    for (String text : texts) {
      for (int at = 0; at < text.length(); ) {
        int point = text.codePointAt(at);
        at += Character.charCount(point);
        all++;
        letters += isOfText(point) ? 1 : 0;
      }
    }
    return all == 0 ? 1 : letters / (double) all;
  }

  private static boolean isOfText(int point) {
    return Character.isLetter(point)
        || Character.isWhitespace(point)
        || Character.isSpaceChar(point)
        || (MARKS >> Character.getType(point) & 1) != 0;
  }
}
