package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.Delivery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a chaos run does.
 *
 * @param model Hugging Face directory
 * @param pooling mean or cls
 * @param delivery how the job's outputs reach their topics
 * @param kills times that the job is killed while it trains
 * @param interval between checkpoints
 * @param seed of the moments, and of the stream's noise
 * @param ground what the job stands on
 */
public record ChaosPlan(
    Path model,
    String pooling,
    Delivery delivery,
    int kills,
    Duration interval,
    long seed,
    BenchGround ground) {

  /** Every so many kills the recovery is killed too, and recovers from that. */
  static final int KILLS_TO_A_KILLED_RECOVERY = 4;

  static final int PARTITIONS = 4;

  /** The settings of a run's job. */
  List<String> settings(String run) {
    List<String> settings = new ArrayList<>(ground.settings(run));
    settings.addAll(
        List.of(
            "reslora.job.parallelism=2",
            "reslora.limits.adapters=" + String.join(";", ChaosFeed.ADAPTERS),
            "reslora.model.directory=" + model,
            "reslora.model.pooling=" + pooling,
            "reslora.model.max-tokens=0",
            "reslora.training.batch-examples=" + ChaosFeed.BATCH,
            // Many versions, each measured on little.
            "reslora.snapshot.every-steps=5",
            "reslora.training.recent-tokens=512",
            "reslora.delivery.mode=" + delivery.label(),
            "reslora.checkpoint.interval=" + interval.toMillis() + " ms"));
    return settings;
  }
}
