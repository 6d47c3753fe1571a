package dev.reslora.pipeline.local;

import java.time.Duration;

/**
 * Checkpoints of a job so far.
 *
 * @param completed completed ones
 * @param failed failed ones
 * @param age time since the last completed one; zero when there is none
 * @param bytes size of its state
 */
public record CheckpointFigures(long completed, long failed, Duration age, long bytes) {

  static final CheckpointFigures NONE = new CheckpointFigures(0, 0, Duration.ZERO, 0);
}
