package dev.reslora.pipeline;

import dev.reslora.training.TrainerConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything a job is built from, checked. Made by {@link ConfigSource}, consumed by {@link
 * ResLoraTopology} and {@link FlinkSettings}.
 *
 * @param name the job's name, also the beginning of its transactional ids
 * @param parallelism subtasks of every stage
 * @param maxParallelism key groups
 * @param kafka brokers, topics and client properties
 * @param wire form of written records
 * @param limits what is refused before it costs memory
 * @param text how texts become tokens
 * @param trainer what adapters are trained with
 * @param liveBytes native memory for live adapters, of each training subtask
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
    Wire wire,
    Limits limits,
    Text text,
    TrainerConfig trainer,
    long liveBytes,
    DeliveryPlan delivery,
    Checkpoint checkpoint,
    State state,
    SortedMap<String, String> flink,
    SortedMap<String, String> effective) {

  /**
   * Brokers and what clients need.
   *
   * @param properties handed on to every client
   */
  public record Kafka(
      String bootstrapServers,
      String groupId,
      StartingOffsets startingOffsets,
      Topics topics,
      Map<String, String> properties) {}

  /** The four topics, all different. */
  public record Topics(String examples, String snapshots, String metrics, String rejected) {

    /** In the order of the flow. */
    public List<String> all() {
      return List.of(examples, snapshots, metrics, rejected);
    }
  }

  /**
   * Form of written records.
   *
   * @param confluent whether records are written in the Confluent form, else single-object
   * @param registry where schemas are registered, or null
   */
  public record Wire(boolean confluent, @Nullable Registry registry) {}

  /** A schema registry and, unless anonymous, who asks. */
  public record Registry(String url, @Nullable String user, @Nullable String password) {

    @Override
    public String toString() {
      return "Registry[url=" + url + ", user=" + user + "]";
    }
  }

  /**
   * What is refused before it costs memory.
   *
   * @param adapters adapter ids that may train; empty: any
   */
  public record Limits(
      int recordBytes, int deadLetterBytes, int textCharacters, List<String> adapters) {}

  /**
   * How long an example may be.
   *
   * @param maxTokens longest example; 0: what the model can take
   * @param truncate whether a longer one is cut, else rejected
   */
  public record Text(int maxTokens, boolean truncate) {}

  /** Delivery and the transactions behind it. */
  public record DeliveryPlan(Delivery mode, Duration transactionTimeout) {}

  /** When a checkpoint is made, how, and where it lies. */
  public record Checkpoint(
      String directory, Duration interval, Duration timeout, CheckpointMode mode) {}

  /** The state backend. */
  public record State(StateBackendKind backend, boolean incremental, long cacheBytes) {}
}
