package dev.reslora.pipeline.local;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import org.jspecify.annotations.Nullable;

/** The character set that a mail names. */
final class MailCharset {

  private MailCharset() {}

  /** Latin-1, which reads anything, for a name that is missing, unknown or says ASCII. */
  static Charset of(@Nullable String name) {
    if (name == null || name.equalsIgnoreCase("us-ascii")) {
      return StandardCharsets.ISO_8859_1;
    }
    try {
      return Charset.forName(name);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return StandardCharsets.ISO_8859_1;
    }
  }
}
