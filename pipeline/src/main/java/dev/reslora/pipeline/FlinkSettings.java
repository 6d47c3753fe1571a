package dev.reslora.pipeline;

import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.RestartStrategyOptions.RestartStrategyType;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;

/** What a job's configuration means in Flink's own settings. */
public final class FlinkSettings {

  private static final String ROCKSDB_FIXED_MEMORY = "state.backend.rocksdb.memory.fixed-per-slot";

  /** Flink's settings that an option of ours governs, or that the job's guarantees fix. */
  private static final Map<String, String> GOVERNED =
      Map.of(
          CoreOptions.DEFAULT_PARALLELISM.key(),
          ResLoraOptions.PARALLELISM.key(),
          PipelineOptions.MAX_PARALLELISM.key(),
          ResLoraOptions.MAX_PARALLELISM.key(),
          PipelineOptions.NAME.key(),
          ResLoraOptions.NAME.key(),
          CheckpointingOptions.CHECKPOINTS_DIRECTORY.key(),
          ResLoraOptions.CHECKPOINT_DIRECTORY.key(),
          CheckpointingOptions.CHECKPOINTING_INTERVAL.key(),
          ResLoraOptions.CHECKPOINT_INTERVAL.key(),
          CheckpointingOptions.CHECKPOINTING_TIMEOUT.key(),
          ResLoraOptions.CHECKPOINT_TIMEOUT.key(),
          CheckpointingOptions.ENABLE_UNALIGNED.key(),
          ResLoraOptions.CHECKPOINT_MODE.key(),
          CheckpointingOptions.INCREMENTAL_CHECKPOINTS.key(),
          ResLoraOptions.STATE_INCREMENTAL.key(),
          StateBackendOptions.STATE_BACKEND.key(),
          ResLoraOptions.STATE_BACKEND.key(),
          ROCKSDB_FIXED_MEMORY,
          ResLoraOptions.STATE_CACHE.key());

  private FlinkSettings() {}

  static void refuseGoverned(String key, Settings settings) {
    String option = GOVERNED.get(key);
    if (option != null) {
      settings.problem(ResLoraOptions.FLINK + key + ": set " + option + " instead");
    }
    if (key.equals(PipelineOptions.GENERIC_TYPES.key())) {
      settings.problem(ResLoraOptions.FLINK + key + ": is always false, no record goes by Kryo");
    }
  }

  /** Settings of a job's environment; what the configuration hands on wins. */
  public static Configuration of(JobConfig config) {
    Configuration flink = new Configuration();
    flink.set(PipelineOptions.NAME, config.name());
    flink.set(CoreOptions.DEFAULT_PARALLELISM, config.parallelism());
    flink.set(PipelineOptions.MAX_PARALLELISM, config.maxParallelism());
    flink.set(PipelineOptions.GENERIC_TYPES, false);
    // Every stage makes a new record and none keeps one that it has handed on.
    flink.set(PipelineOptions.OBJECT_REUSE, true);
    // A lost task manager is offered again until two calls to it fail: a fixed number of quick
    // restarts would be used up by then.
    flink.set(
        RestartStrategyOptions.RESTART_STRATEGY,
        RestartStrategyType.EXPONENTIAL_DELAY.getMainValue());
    applyCheckpoint(config.checkpoint(), flink);
    applyState(config.state(), flink);
    config.flink().forEach(flink::setString);
    return flink;
  }

  /** Restores this checkpoint or savepoint; a later checkpoint replaces and deletes it. */
  public static void restore(Configuration flink, String path) {
    flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path);
    flink.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
  }

  private static void applyCheckpoint(JobConfig.Checkpoint checkpoint, Configuration flink) {
    flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoint.directory());
    flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpoint.interval());
    // Also how long the first one waits at least: one begun while the model is read would fail.
    flink.set(
        CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS, checkpoint.interval().dividedBy(2));
    flink.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, checkpoint.timeout());
    flink.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    flink.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 3);
    checkpoint.mode().applyTo(flink);
  }

  private static void applyState(JobConfig.State state, Configuration flink) {
    flink.set(StateBackendOptions.STATE_BACKEND, state.backend().label());
    flink.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, state.incremental());
    flink.setString(ROCKSDB_FIXED_MEMORY, state.cacheBytes() + " b");
  }
}
