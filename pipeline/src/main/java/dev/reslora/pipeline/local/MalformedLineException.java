package dev.reslora.pipeline.local;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A line of an examples file cannot be an example; the message names file and line. */
public final class MalformedLineException extends IOException {

  private static final long serialVersionUID = 1L;

  MalformedLineException(String file, long line, String message, @Nullable Throwable cause) {
    super("%s line %d: %s".formatted(file, line, message), cause);
  }
}
