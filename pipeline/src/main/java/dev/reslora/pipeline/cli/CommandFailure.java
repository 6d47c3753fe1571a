package dev.reslora.pipeline.cli;

import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
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

  /** Of an exception whose own message tells the user enough. */
  static CommandFailure of(Exception cause) {
    String message = cause.getMessage();
    if (cause instanceof NoSuchFileException) {
      return new CommandFailure(message + ": there is no such file", cause);
    }
    // The message of these is a path, and what is wrong with it is the type's name.
    if (message == null || cause instanceof FileSystemException) {
      return new CommandFailure(cause.toString(), cause);
    }
    return new CommandFailure(message, cause);
  }
}
