package dev.reslora.snapshot;

/** Carries a refusal from a check to the assembler. */
final class RefusalException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Refusal reason;
  private final String text;

  RefusalException(Refusal reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
    this.text = message;
  }

  Refusal reason() {
    return reason;
  }

  RefusedVersion of(String adapterId, long version) {
    return new RefusedVersion(adapterId, version, reason, text);
  }
}
