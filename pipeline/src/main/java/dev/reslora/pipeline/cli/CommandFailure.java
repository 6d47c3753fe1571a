package dev.reslora.pipeline.cli;

import org.jspecify.annotations.Nullable;

/** A command could not do its work, for a reason that the message tells the user; exit code 1. */
public final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CommandFailure(String message) {
    super(message);
  }

  public CommandFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
