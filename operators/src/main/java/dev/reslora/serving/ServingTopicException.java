package dev.reslora.serving;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The serving topic cannot be read; the message says which, where and why. */
public final class ServingTopicException extends IOException {

  private static final long serialVersionUID = 1L;

  ServingTopicException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
