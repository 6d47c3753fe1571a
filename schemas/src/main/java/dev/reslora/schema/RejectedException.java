package dev.reslora.schema;

import dev.reslora.schema.avro.RejectionReason;

/** A record's own fault: it goes to the dead-letter topic, the job goes on. */
public final class RejectedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final RejectionReason reason;

  /**
   * @param reason for counting
   * @param message for a person: what was expected and what was found
   */
  public RejectedException(RejectionReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public RejectionReason reason() {
    return reason;
  }
}
