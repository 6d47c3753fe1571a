package dev.reslora.operator;

import dev.reslora.schema.RegistryUnavailableException;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.RejectionReason;

/** What the decode stage does when a schema cannot be fetched, attempts and pauses being over. */
public enum RegistryOutage {
  /** Fails the job; Flink restarts it from the last checkpoint and nothing is lost. */
  FAIL {
    @Override
    RejectedException asFault(RegistryUnavailableException outage)
        throws RegistryUnavailableException {
      throw outage;
    }
  },
  /** Goes on without the record: to the dead-letter topic, reason REGISTRY_UNAVAILABLE. */
  REJECT {
    @Override
    RejectedException asFault(RegistryUnavailableException outage) {
      return new RejectedException(
          RejectionReason.REGISTRY_UNAVAILABLE, String.valueOf(outage.getMessage()));
    }
  };

  abstract RejectedException asFault(RegistryUnavailableException outage)
      throws RegistryUnavailableException;
}
