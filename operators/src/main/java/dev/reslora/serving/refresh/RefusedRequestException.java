package dev.reslora.serving.refresh;

/** A server did not do as was asked; the message says what it did. */
final class RefusedRequestException extends RuntimeException {

  RefusedRequestException(String message) {
    super(message);
  }
}
