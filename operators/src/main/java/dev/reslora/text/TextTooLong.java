package dev.reslora.text;

import java.util.Locale;

/** What becomes of a text with more tokens than the limit. */
public enum TextTooLong {
  /** Its end is cut off; of a pair, the longer text's. */
  TRUNCATE,
  /** The example goes to the dead-letter topic. */
  REJECT;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
