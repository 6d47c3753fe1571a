package dev.reslora.training;

import java.io.Serializable;
import java.time.Duration;

/**
 * Labels that come after their texts.
 *
 * @param timeOut event time that a text waits for its label; zero: texts without label are refused
 * @param bytes most bytes of texts that wait, as counted by {@link Reservoir#size}, and as many of
 *     those whose labels may be corrected
 * @param corrections newest examples trained on whose labels may be corrected; 0: none
 */
public record LabelsConfig(Duration timeOut, long bytes, int corrections) implements Serializable {

  public static final LabelsConfig OFF = new LabelsConfig(Duration.ZERO, 0, 0);

  /** Whether a text may wait for its label. */
  boolean waits() {
    return !timeOut.isZero();
  }

  /** Whether a label may come after its text. */
  boolean areTaken() {
    return waits() || corrections > 0;
  }
}
