package dev.reslora.pipeline.serve;

/** A request that cannot be understood; the message names the field. */
final class BadRequestException extends Exception {

  private static final long serialVersionUID = 1L;

  BadRequestException(String message) {
    super(message);
  }
}
