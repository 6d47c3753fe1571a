package dev.reslora.snapshot;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a version was where on its way from the trainer, as far as that is known: by the clocks of
 * the job and of the reader.
 *
 * @param due when its snapshot fell due, the last step done and the merge not begun
 * @param sent when its manifest was handed to the job's producer
 * @param received when its manifest was polled from the topic
 */
public record Transit(@Nullable Instant due, @Nullable Instant sent, @Nullable Instant received) {

  /** Of a version that did not come from a topic. */
  public static final Transit UNKNOWN = new Transit(null, null, null);

  /** Header of a manifest's record with its time of sending, epoch milliseconds in decimal. */
  public static final String SENT_HEADER = "sent";

  /** The stages of a version's way, in order. */
  public enum Stage {
    /** From the latest event that it learned from to the end of its last step. */
    TRAIN,
    /** Merge, measurement, gate, numbering, cutting into records. */
    PUBLISH,
    /** From the job's producer to a reader; with exactly-once delivery the wait for the commit. */
    DELIVER,
    /** Assembly, digests, loading. */
    LOAD
  }

  /**
   * How long each stage took, as far as both its ends are known; clocks that disagree count as 0.
   *
   * @param eventTime the version's latest event time
   * @param served when it was in service
   */
  public Map<Stage, Duration> stages(Instant eventTime, Instant served) {
    Map<Stage, Duration> stages = new EnumMap<>(Stage.class);
    put(stages, Stage.TRAIN, eventTime, due);
    put(stages, Stage.PUBLISH, due, sent);
    put(stages, Stage.DELIVER, sent, received);
    put(stages, Stage.LOAD, received, served);
    return stages;
  }

  private static void put(
      Map<Stage, Duration> stages, Stage stage, @Nullable Instant from, @Nullable Instant to) {
    if (from != null && to != null) {
      Duration taken = Duration.between(from, to);
      stages.put(stage, taken.isNegative() ? Duration.ZERO : taken);
    }
  }
}
