package dev.reslora.serving.refresh;

/** A server answered, and not as was asked; the message says what. */
final class RefusedRequestException extends RuntimeException {

  RefusedRequestException(String message) {
    super(message);
  }
}
