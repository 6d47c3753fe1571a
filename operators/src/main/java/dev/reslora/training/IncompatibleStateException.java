package dev.reslora.training;

/** Stored adapter state does not fit the job; the message names what differs and what to do. */
public final class IncompatibleStateException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public IncompatibleStateException(String message) {
    super(message);
  }
}
