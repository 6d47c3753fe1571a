package dev.reslora.pipeline.local;

import org.jspecify.annotations.Nullable;

/** A part of the demo gave up; the message says which and why. */
public final class DemoFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  DemoFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
