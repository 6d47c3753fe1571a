package dev.reslora.pipeline;

import dev.reslora.operator.DecodeConfig;
import dev.reslora.operator.PublishPlan;
import dev.reslora.operator.TokenizePlan;
import dev.reslora.operator.TrainPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Everything a job is built from, checked. Made by {@link ConfigSource}, consumed by {@link
 * ResLoraTopology} and {@link FlinkSettings}.
 *
 * @param name the job's name, also the beginning of its transactional ids
 * @param parallelism subtasks of every stage
 * @param maxParallelism key groups
 * @param kafka brokers, topics and client properties
 * @param decode how records are read and written
 * @param tokenize how texts become tokens
 * @param train what adapters are trained with
 * @param publish how versions go out
 * @param delivery how outputs reach their topics
 * @param checkpoint where and how often
 * @param state where keyed state lies
 * @param flink settings handed on to Flink
 * @param effective every option by key as text, defaults included; may hold secrets
 */
public record JobConfig(
    String name,
    int parallelism,
    int maxParallelism,
    Kafka kafka,
    DecodeConfig decode,
    TokenizePlan tokenize,
    TrainPlan train,
    PublishPlan publish,
    DeliveryPlan delivery,
    Checkpoint checkpoint,
    State state,
    SortedMap<String, String> flink,
    SortedMap<String, String> effective) {

  /**
   * Brokers and what clients need.
   *
   * @param checkTimeout how long a start waits for topics and rights; zero: nothing is checked
   * @param properties handed on to every client
   */
  public record Kafka(
      String bootstrapServers,
      String groupId,
      StartingOffsets startingOffsets,
      Topics topics,
      Duration checkTimeout,
      Map<String, String> properties) {}

  /** The four topics, all different. */
  public record Topics(String examples, String snapshots, String metrics, String rejected) {

    /** In the order of the flow. */
    public List<String> all() {
      return List.of(examples, snapshots, metrics, rejected);
    }
  }

  /** Delivery and the transactions behind it. */
  public record DeliveryPlan(Delivery mode, Duration transactionTimeout) {}

  /** When a checkpoint is made, how, and where it lies. */
  public record Checkpoint(
      String directory, Duration interval, Duration timeout, CheckpointMode mode) {}

  /** The state backend. */
  public record State(StateBackendKind backend, boolean incremental, long cacheBytes) {}
}
