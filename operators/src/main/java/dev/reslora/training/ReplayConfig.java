package dev.reslora.training;

import java.io.Serializable;
import java.util.Locale;

/**
 * What of the past is kept and mixed into micro-batches.
 *
 * @param policy what is kept
 * @param bytes most bytes kept, as counted by {@link Reservoir#bytes}
 * @param examples of the past mixed into every micro-batch; 0 turns replay off
 * @param halfLife examples after which the chance of being kept has halved (recency)
 */
public record ReplayConfig(Policy policy, long bytes, int examples, double halfLife)
    implements Serializable {

  public static final ReplayConfig OFF = new ReplayConfig(Policy.UNIFORM, 0, 0, 1);

  /** What is kept. */
  public enum Policy {
    /** Every example of the past with the same chance (reservoir sampling). */
    UNIFORM,
    /** As many of each class, as far as there are; within a class every one alike. */
    CLASS_BALANCED,
    /** The newer, the likelier. */
    RECENCY;

    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }
}
