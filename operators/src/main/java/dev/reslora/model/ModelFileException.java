package dev.reslora.model;

import java.io.IOException;

/** A model file is not what it should be; the message names the file, what is wrong and where. */
public final class ModelFileException extends IOException {

  private static final long serialVersionUID = 1L;

  public ModelFileException(Object file, String message) {
    super(file + ": " + message);
  }

  public ModelFileException(Object file, String message, Throwable cause) {
    super(file + ": " + message, cause);
  }
}
