package dev.reslora.schema;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.schema.avro.RejectionReason;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Reads the reason off a refusal. */
final class Faults {

  private Faults() {}

  static RejectionReason reasonOf(ThrowingCallable call) {
    return catchThrowableOfType(RejectedException.class, call).reason();
  }
}
