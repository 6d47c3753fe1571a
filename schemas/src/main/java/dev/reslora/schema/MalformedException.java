package dev.reslora.schema;

import java.io.IOException;

/** Bytes that are no Avro; an {@code IOException} because that is what Avro's decoder may throw. */
final class MalformedException extends IOException {

  private static final long serialVersionUID = 1L;

  MalformedException(String message) {
    super(message);
  }
}
