package dev.reslora.pipeline;

import dev.reslora.evaluation.DriftConfig;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.ForgettingConfig;
import dev.reslora.training.GateConfig;
import dev.reslora.training.GuardConfig;
import dev.reslora.training.Pooling;
import dev.reslora.training.Precision;
import dev.reslora.training.ReplayConfig;
import dev.reslora.training.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/**
 * Every option of the job, in the order of the documentation. {@link JobConfigReader} reads and
 * checks them, {@link OptionsTable} prints them as {@code deploy/docs/options.md}.
 *
 * <p>Two families of keys beside these are handed on as they are: {@link #KAFKA_PROPERTIES} to
 * every Kafka client, {@link #FLINK} to Flink.
 */
public final class ResLoraOptions {

  /** What every key of the job begins with. */
  public static final String PREFIX = "reslora.";

  /** Keys under this go to every Kafka client without it. */
  public static final String KAFKA_PROPERTIES = PREFIX + "kafka.properties.";

  /** Keys under this go to Flink without it. */
  public static final String FLINK = "flink.";

  /** An option and its type as the documentation names it. */
  record Documented(ConfigOption<?> option, String type) {}

  private static final List<Documented> DOCUMENTED = new ArrayList<>();

  // Job
  public static final ConfigOption<String> NAME =
      text(
          "job.name",
          "reslora",
          "Name of the job; transactional ids begin with it, so it is unique on a Kafka cluster.");
  public static final ConfigOption<Integer> PARALLELISM =
      integer("job.parallelism", 1, "Subtasks of every stage.");
  public static final ConfigOption<Integer> MAX_PARALLELISM =
      integer(
          "job.max-parallelism",
          128,
          "Key groups, the most subtasks the job can ever grow to; fixed for the life of its"
              + " state.");

  // Kafka
  public static final ConfigOption<String> BOOTSTRAP_SERVERS =
      required("kafka.bootstrap-servers", "Brokers to begin with: host:port, comma-separated.");
  public static final ConfigOption<String> GROUP_ID =
      text("kafka.group-id", "reslora", "Consumer group that offsets are committed under.");
  public static final ConfigOption<String> STARTING_OFFSETS =
      text(
          "kafka.starting-offsets",
          StartingOffsets.COMMITTED.label(),
          "Where a job without checkpoint begins: committed (earliest where nothing is committed),"
              + " earliest or latest.");
  public static final ConfigOption<String> EXAMPLES_TOPIC =
      text("kafka.topic.examples", "training-examples", "Topic of examples and commands.");
  public static final ConfigOption<String> SNAPSHOTS_TOPIC =
      text("kafka.topic.snapshots", "model-snapshots", "Serving topic: published versions.");
  public static final ConfigOption<String> METRICS_TOPIC =
      text("kafka.topic.metrics", "training-metrics", "Topic of step reports.");
  public static final ConfigOption<String> REJECTED_TOPIC =
      text("kafka.topic.rejected", "training-rejected", "Dead-letter topic.");

  public static final ConfigOption<Duration> CHECK_TIMEOUT =
      duration(
          "kafka.check-timeout",
          Duration.ofSeconds(30),
          "How long a start waits for topics and rights that are missing, before it fails and names"
              + " them; run does not wait. 0 s: nothing is checked.");

  // Wire
  public static final ConfigOption<String> WIRE_FORMAT =
      text(
          "wire.format",
          "single-object",
          "Form of written records: single-object (no registry needed) or confluent. Both are"
              + " read.");
  public static final ConfigOption<String> REGISTRY_URL =
      optional("wire.registry.url", "Schema registry; needed to write or read confluent records.");
  public static final ConfigOption<String> REGISTRY_AUTH =
      optional("wire.registry.basic-auth", "user:password for the registry.");
  public static final ConfigOption<String> REGISTRY_OUTAGE =
      text(
          "wire.registry.outage",
          "fail",
          "While the registry does not answer, after retries: fail (the job restarts, nothing is"
              + " lost) or reject (records go to the dead-letter topic).");

  // Limits
  public static final ConfigOption<MemorySize> RECORD_BYTES =
      memory(
          "limits.record-bytes",
          MemorySize.ofMebiBytes(1),
          "Largest record that is decoded; larger ones are rejected.");
  public static final ConfigOption<MemorySize> DEAD_LETTER_BYTES =
      memory(
          "limits.dead-letter-bytes",
          new MemorySize(256 << 10),
          "Most bytes of a rejected record's value that the dead letter carries.");
  public static final ConfigOption<List<String>> ADAPTERS =
      list(
          "limits.adapters",
          List.of(),
          "Adapter ids that may train; others are rejected. Empty: any.");

  // Model
  public static final ConfigOption<String> MODEL_DIRECTORY =
      required(
          "model.directory",
          "Hugging Face directory of the base model, at the same path on every task manager.");
  public static final ConfigOption<String> DEVICE =
      text(
          "model.device",
          "auto",
          "auto (the task manager's gpu external resource, else the CPU), cpu, or cuda:N.");
  public static final ConfigOption<Integer> THREADS =
      integer("model.threads", 1, "Threads within an operation, of each training subtask.");
  public static final ConfigOption<String> PRECISION =
      text(
          "model.precision",
          Precision.FLOAT32.label(),
          "Type of the frozen base's matrix products: float32 or bfloat16.");
  public static final ConfigOption<String> POOLING =
      text("model.pooling", Pooling.MEAN.label(), "What the classifier reads: cls or mean.");
  public static final ConfigOption<Integer> MAX_TOKENS =
      integer("model.max-tokens", 256, "Longest example in tokens; 0: what the model can take.");
  public static final ConfigOption<String> TEXT_TOO_LONG =
      text(
          "model.text-too-long",
          "truncate",
          "What happens to a longer one: truncate (a language model's plain text goes on in further"
              + " examples instead) or reject.");
  public static final ConfigOption<Boolean> RECOMPUTE =
      flag(
          "model.recompute",
          false,
          "Make a layer's activations again for its backward instead of keeping them: less memory,"
              + " more time, the same numbers (language models).");

  // Adapter
  public static final ConfigOption<Integer> RANK =
      integer("adapter.rank", 8, "Rank of the factors.");
  public static final ConfigOption<Double> ALPHA =
      number("adapter.alpha", 16.0, "Scale: the factors' product counts alpha / rank.");
  public static final ConfigOption<String> SHORTCUT =
      text(
          "adapter.shortcut",
          Shortcut.BLOCK.label(),
          "ResLoRA's residual path: none (plain LoRA), input, block or middle.");
  public static final ConfigOption<Integer> PRE_NUM =
      integer(
          "adapter.pre-num",
          1,
          "Linked blocks before a layer that take part in block and middle; -1: all.");
  public static final ConfigOption<Double> DROPOUT =
      number("adapter.dropout", 0.0, "Dropout on the adapter's input.");
  public static final ConfigOption<List<String>> TARGET_MODULES =
      list(
          "adapter.target-modules",
          List.of(),
          "Projections to adapt: names, or regular expressions on the whole module path. Empty: the"
              + " model's queries and values.");
  public static final ConfigOption<String> START_FROM =
      optional(
          "adapter.start-from",
          "LoRA directory of peft's, at the same path on every task manager, whose factors and head"
              + " new adapters begin with; needs shortcut none and the same rank, scale and"
              + " targets. Without one A is random and B zero.");
  public static final ConfigOption<MemorySize> LIVE_BYTES =
      memory(
          "adapter.live-bytes",
          MemorySize.ofMebiBytes(512),
          "Native memory for adapters that are live in a training subtask; the least recently used"
              + " beyond it wait in state.");
  public static final ConfigOption<MemorySize> LIVE_HEAP_BYTES =
      memory(
          "adapter.live-heap-bytes",
          MemorySize.ofMebiBytes(128),
          "Java heap for the same adapters, by estimate: their examples, figures and versions to go"
              + " back to.");

  // Training
  public static final ConfigOption<Integer> BATCH_EXAMPLES =
      integer("training.batch-examples", 16, "A micro-batch closes at this many examples.");
  public static final ConfigOption<Integer> BATCH_TOKENS =
      integer(
          "training.batch-tokens",
          4096,
          "A micro-batch closes before it would exceed this many tokens.");
  public static final ConfigOption<Integer> ACCUMULATION =
      integer("training.accumulation", 1, "Micro-batches to an optimizer step.");
  public static final ConfigOption<Integer> TOGETHER =
      integer(
          "training.together",
          1,
          "Most adapters whose micro-batches share a pass over the base model, training.batch-tokens"
              + " in all; 1: each alone. For many adapters of few examples each. The last bits of"
              + " what one learns then depend on who shared its passes, so that recovery repeats"
              + " training up to rounding only; needs exactly-once delivery.");
  public static final ConfigOption<Double> LEARNING_RATE =
      number("training.learning-rate", 1e-3, "Peak learning rate of the factors.");
  public static final ConfigOption<Double> HEAD_LEARNING_RATE =
      number("training.head-learning-rate", 1e-2, "Peak learning rate of the classifier head.");
  public static final ConfigOption<String> SCHEDULE =
      text(
          "training.schedule",
          Schedule.Kind.CONSTANT.label(),
          "Learning rate after the warm-up: constant, cosine-restarts or inverse-square-root.");
  public static final ConfigOption<Long> WARMUP_STEPS =
      whole("training.warmup-steps", 10, "Steps over which the learning rate rises from 0.");
  public static final ConfigOption<Long> PERIOD_STEPS =
      whole(
          "training.period-steps",
          1000,
          "Steps of a cosine period, or of the constant part of an inverse square root.");
  public static final ConfigOption<Double> BETA1 =
      number("training.beta1", 0.9, "AdamW's decay of the first moment.");
  public static final ConfigOption<Double> BETA2 =
      number("training.beta2", 0.999, "AdamW's decay of the second moment.");
  public static final ConfigOption<Double> EPSILON =
      number("training.epsilon", 1e-8, "AdamW's denominator term.");
  public static final ConfigOption<Double> WEIGHT_DECAY =
      number("training.weight-decay", 0.01, "Decoupled decay of factors and head weights.");
  public static final ConfigOption<Double> CLIP_NORM =
      number("training.clip-norm", 1.0, "Largest global norm of the gradient; 0: no clipping.");
  public static final ConfigOption<Long> SEED =
      whole("training.seed", 42, "Root of initialisation and dropout.");
  public static final ConfigOption<Integer> MAX_LABELS =
      integer("training.max-labels", 256, "Most labels that a head may grow to.");
  public static final ConfigOption<Integer> PAUSE_AFTER =
      integer("training.pause-after", 3, "Non-finite steps in a row that pause an adapter.");
  public static final ConfigOption<Integer> RECENT_TOKENS =
      integer(
          "training.recent-tokens",
          4096,
          "Tokens of the stream's recent past that a merge is fitted and measured on.");

  // Baseline
  public static final ConfigOption<Integer> BASELINE_EVERY =
      integer(
          "baseline.every",
          8,
          "Judge the frozen model on every n-th micro-batch beside the adapter; 0: never.");
  public static final ConfigOption<Integer> BASELINE_WARMUP =
      integer(
          "baseline.warmup-examples",
          500,
          "Examples that the frozen model's head learns from before it stays as it is.");

  // Snapshots
  public static final ConfigOption<Long> SNAPSHOT_STEPS =
      whole("snapshot.every-steps", 100, "A snapshot is due after this many steps; 0: never.");
  public static final ConfigOption<Duration> SNAPSHOT_EVENT_TIME =
      duration(
          "snapshot.every-event-time",
          Duration.ZERO,
          "A snapshot is due when the examples' own time, the median of a micro-batch, has moved on"
              + " by this; 0 s: never.");
  public static final ConfigOption<String> MERGE =
      text(
          "snapshot.merge",
          Merge.AUTO.label(),
          "How shortcuts are folded into plain factors: auto (exact for none and block,"
              + " least-squares for input and middle), exact, least-squares, or for comparison"
              + " input-norm, weight-norm, plain-weight-norm, scalar.");

  public static final ConfigOption<Integer> SNAPSHOT_RETAIN =
      integer(
          "snapshot.retain",
          8,
          "Versions of an adapter that stay on the serving topic; tombstones retire older ones and"
              + " their files are removed. 0: all stay.");
  public static final ConfigOption<String> SNAPSHOT_STORE =
      optional(
          "snapshot.store",
          "Where larger payloads go: a path or URI of a file system that readers reach too. Without"
              + " one all go inline.");
  public static final ConfigOption<MemorySize> SNAPSHOT_INLINE_BYTES =
      memory(
          "snapshot.inline-bytes",
          MemorySize.ofMebiBytes(32),
          "Largest payload that goes in chunks on the serving topic where there is a store.");

  // Guards
  public static final ConfigOption<Double> FADING_FACTOR =
      number(
          "guards.fading-factor",
          GuardConfig.OFF.fadingFactor(),
          "In faded figures an example counts this much less with every one after it.");
  public static final ConfigOption<Integer> FIGURES_WINDOW =
      integer("guards.window", GuardConfig.OFF.window(), "Examples of windowed figures.");
  public static final ConfigOption<Integer> DUPLICATES_WINDOW =
      integer(
          "guards.duplicates-window",
          0,
          "Examples of an adapter within which an id is trained on once; one without an id is never"
              + " a duplicate. 0: ids are not looked at.");
  public static final ConfigOption<Integer> MIN_TOKENS =
      integer("guards.min-tokens", 0, "Least tokens of an example, special ones included.");
  public static final ConfigOption<Double> MAX_REPETITION =
      number(
          "guards.max-repetition",
          1.0,
          "Largest share of an example's bigrams that repeat earlier ones; 1: any.");
  public static final ConfigOption<Double> MIN_LETTERS =
      number(
          "guards.min-letters",
          0.0,
          "Least share of a text's characters that are letters of any script, marks or blanks; 0:"
              + " any.");
  public static final ConfigOption<Integer> SOURCE_LIMIT =
      integer(
          "guards.source-limit",
          0,
          "Most examples of a source that an adapter takes in an interval of event time; 0: any.");
  public static final ConfigOption<Duration> SOURCE_INTERVAL =
      duration("guards.source-interval", Duration.ofMinutes(1), "That interval.");
  public static final ConfigOption<Integer> SOURCES =
      integer(
          "guards.sources",
          1000,
          "Sources whose examples an adapter counts, those that came last; one that was forgotten"
              + " begins anew.");
  public static final ConfigOption<List<String>> LABELS =
      list("guards.labels", List.of(), "Labels that are trained on; empty: any.");
  public static final ConfigOption<Double> OUTLIER_DEVIATIONS =
      number(
          "guards.outlier-deviations",
          0.0,
          "An example whose loss lies this many standard deviations above the recent mean is tested"
              + " but not trained on; 0: all are.");

  // Labels
  public static final ConfigOption<Duration> LABELS_TIME_OUT =
      duration(
          "labels.time-out",
          Duration.ZERO,
          "Event time that a text without label waits for its label, by the event times of its"
              + " adapter's later records; 0: it is rejected.");
  public static final ConfigOption<MemorySize> LABELS_BYTES =
      memory(
          "labels.bytes",
          MemorySize.ofMebiBytes(4),
          "Bytes of texts that wait for each adapter, and as many of those that may be corrected;"
              + " beyond it the oldest go.");
  public static final ConfigOption<Integer> LABELS_CORRECTIONS =
      integer(
          "labels.corrections",
          0,
          "Newest examples trained on whose labels may still be corrected, which trains them anew;"
              + " 0: none.");

  // Drift
  public static final ConfigOption<String> DRIFT_DETECTOR =
      text(
          "drift.detector",
          DriftConfig.Detector.NONE.label(),
          "none, adwin, page-hinkley or ddm; parameters below are named as in River.");
  public static final ConfigOption<String> DRIFT_SIGNAL =
      text(
          "drift.signal",
          DriftConfig.Signal.ERROR.label(),
          "What it watches, each example before it is trained on: error or loss.");
  public static final ConfigOption<List<String>> DRIFT_REACTIONS =
      list(
          "drift.reactions",
          List.of(),
          "What follows, besides an event on the metrics topic: raise-learning-rate,"
              + " reset-moments, renew-holdout, renew-replay, snapshot, fork, pause.");
  public static final ConfigOption<Double> DRIFT_RATE_FACTOR =
      number("drift.rate-factor", 3.0, "Factor of the learning rate while it is raised.");
  public static final ConfigOption<Long> DRIFT_RATE_STEPS =
      whole("drift.rate-steps", 30, "Optimizer steps for which it is raised, and replay renewed.");
  public static final ConfigOption<Double> ADWIN_DELTA =
      number("drift.adwin.delta", 0.002, "Confidence of a check.");
  public static final ConfigOption<Integer> ADWIN_CLOCK =
      integer("drift.adwin.clock", 32, "Examples from check to check.");
  public static final ConfigOption<Integer> ADWIN_MAX_BUCKETS =
      integer("drift.adwin.max-buckets", 5, "Most buckets of a size.");
  public static final ConfigOption<Integer> ADWIN_MIN_WINDOW_LENGTH =
      integer("drift.adwin.min-window-length", 5, "Least examples on either side of a cut.");
  public static final ConfigOption<Integer> ADWIN_GRACE_PERIOD =
      integer("drift.adwin.grace-period", 10, "Examples before the first check.");
  public static final ConfigOption<Integer> PAGE_HINKLEY_MIN_INSTANCES =
      integer("drift.page-hinkley.min-instances", 30, "Examples before a change can be found.");
  public static final ConfigOption<Double> PAGE_HINKLEY_DELTA =
      number("drift.page-hinkley.delta", 0.005, "Deviation from the mean that is tolerated.");
  public static final ConfigOption<Double> PAGE_HINKLEY_THRESHOLD =
      number(
          "drift.page-hinkley.threshold", 50.0, "Cumulative deviation over its minimum: a change.");
  public static final ConfigOption<Double> PAGE_HINKLEY_ALPHA =
      number("drift.page-hinkley.alpha", 0.9999, "Forgetting factor of the cumulative deviation.");
  public static final ConfigOption<Integer> DDM_WARM_START =
      integer("drift.ddm.warm-start", 30, "Examples before a change can be found.");
  public static final ConfigOption<Double> DDM_DRIFT_THRESHOLD =
      number(
          "drift.ddm.drift-threshold", 3.0, "Standard deviations above the lowest rate: a change.");

  // Replay
  public static final ConfigOption<Integer> REPLAY_EXAMPLES =
      integer(
          "replay.examples",
          0,
          "Examples of the past that are trained on with every micro-batch; 0: none is kept.");
  public static final ConfigOption<String> REPLAY_POLICY =
      text(
          "replay.policy",
          ReplayConfig.Policy.UNIFORM.label(),
          "What is kept: uniform (a reservoir), class-balanced or recency.");
  public static final ConfigOption<MemorySize> REPLAY_BYTES =
      memory("replay.bytes", MemorySize.ofMebiBytes(1), "Bytes of the past kept for each adapter.");
  public static final ConfigOption<Double> REPLAY_HALF_LIFE =
      number(
          "replay.half-life",
          1000.0,
          "Examples after which the chance of being kept has halved (recency).");

  // Forgetting
  public static final ConfigOption<Double> L2_SP =
      number(
          "forgetting.l2-sp",
          0.0,
          "Alpha of L2-SP: alpha/2 times the squared distance of the factors from the anchor is"
              + " added to the loss; 0: nothing.");
  public static final ConfigOption<Double> L2_SP_HEAD =
      number(
          "forgetting.l2-sp-head",
          ForgettingConfig.OFF.l2spHead(),
          "Beta of L2-SP, the same of the classifier head; labels that the anchor lacks are pulled"
              + " to zero.");
  public static final ConfigOption<String> ANCHOR =
      text(
          "forgetting.anchor",
          ForgettingConfig.OFF.anchor().label(),
          "Where L2-SP pulls to: start (the adapter's first numbers) or published (those of its"
              + " latest published version).");
  public static final ConfigOption<Double> EWC =
      number(
          "forgetting.ewc",
          0.0,
          "Lambda of online EWC: half of it times the squared distance of each number from where it"
              + " was consolidated, weighted by its Fisher information, is added to the loss; 0:"
              + " nothing.");
  public static final ConfigOption<Double> EWC_DECAY =
      number(
          "forgetting.ewc-decay",
          ForgettingConfig.OFF.ewcDecay(),
          "Gamma of online EWC: share of the Fisher information that a consolidation keeps.");
  public static final ConfigOption<String> EWC_AT =
      text(
          "forgetting.ewc-at",
          ForgettingConfig.OFF.ewcAt().label(),
          "When EWC consolidates: published (with each version), drift (when the detector finds a"
              + " change) or either.");
  public static final ConfigOption<Double> KL =
      number(
          "forgetting.kl",
          0.0,
          "Of the divergence of the adapter's answers from a teacher's, in nats, that is added to"
              + " each loss, among the classes that the teacher knows; 0: nothing.");
  public static final ConfigOption<String> KL_TO =
      text(
          "forgetting.kl-to",
          ForgettingConfig.OFF.klTo().label(),
          "Who is the teacher: published (the latest published version) or base (the frozen"
              + " baseline, see baseline.every, once it has warmed up).");
  public static final ConfigOption<String> ANCHOR_FILE =
      optional(
          "forgetting.anchor-file",
          "JSON lines with text and label, prompt and completion, or text, at most 256: never"
              + " learned from, their loss tells what is forgotten; read on every task manager.");
  public static final ConfigOption<Long> ANCHOR_EVERY_STEPS =
      whole(
          "forgetting.anchor-every-steps",
          0,
          "Optimizer steps between measurements of these, beside those of each candidate; 0:"
              + " candidates alone.");

  // Gate
  public static final ConfigOption<Integer> GATE_HOLDOUT_EVERY =
      integer(
          "gate.holdout-every",
          0,
          "Every n-th example is never trained on: candidates are compared with the served version"
              + " on those; 0: none is held out, and nothing compared.");
  public static final ConfigOption<Integer> GATE_HOLDOUT_EXAMPLES =
      integer("gate.holdout-examples", 256, "Newest held-out examples that are kept.");
  public static final ConfigOption<Double> GATE_LIMIT =
      number(
          "gate.limit",
          GateConfig.OFF.limit(),
          "Holdout accuracy that a candidate may lose against the served version.");
  public static final ConfigOption<Double> GATE_ALPHA =
      number(
          "gate.alpha",
          GateConfig.OFF.alpha(),
          "Chance that a candidate which loses that much or more is promoted, and that a version"
              + " no worse than the one before is rolled back.");
  public static final ConfigOption<Boolean> GATE_ROLLBACK =
      flag(
          "gate.rollback",
          true,
          "Publish the version before anew when the served one proves worse on new held-out"
              + " examples.");
  public static final ConfigOption<Long> GATE_MIN_EXAMPLES =
      whole(
          "gate.min-examples",
          0,
          "Examples a candidate must have trained on since the version before.");
  public static final ConfigOption<Double> GATE_BASELINE_MARGIN =
      number(
          "gate.baseline-margin",
          1.0,
          "Accuracy that the adapter may lie below the frozen baseline on the latest guards.window"
              + " examples that both answered; 1: any.");
  public static final ConfigOption<Double> GATE_MAX_FORGETTING =
      number(
          "gate.max-forgetting",
          0.0,
          "Largest mean rise of replayed examples' loss above its lowest, nats; 0: no limit.");
  public static final ConfigOption<Double> GATE_MAX_ANCHOR_RISE =
      number(
          "gate.max-anchor-rise",
          0.0,
          "Largest mean rise of the anchor examples' loss above their first, nats; 0: no limit.");
  public static final ConfigOption<Double> GATE_MAX_KL =
      number(
          "gate.max-kl",
          0.0,
          "Largest divergence of the merged from the live adapter, nats; 0: no limit.");

  // Delivery
  public static final ConfigOption<String> DELIVERY =
      text(
          "delivery.mode",
          Delivery.EXACTLY_ONCE.label(),
          "exactly-once (transactions; outputs appear with the next checkpoint) or idempotent"
              + " (outputs appear at once; after a crash the same bytes may come again).");
  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      duration(
          "delivery.transaction-timeout",
          Duration.ofMinutes(15),
          "Kafka's transaction timeout; the broker's transaction.max.timeout.ms bounds it.");

  // Metrics
  public static final ConfigOption<Integer> METRICS_ADAPTERS =
      integer(
          "metrics.adapters",
          20,
          "Adapters with metrics of their own, the first that a subtask meets; 0: totals only.");
  public static final ConfigOption<Double> PEAK_GFLOPS =
      number(
          "metrics.peak-gflops",
          0.0,
          "What a training subtask's hardware can do, as bench gemm measures it; 0: utilisation is"
              + " not reported.");

  // Checkpoints
  public static final ConfigOption<String> CHECKPOINT_DIRECTORY =
      required("checkpoint.directory", "Where checkpoints lie: a path or URI of a file system.");
  public static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
      duration("checkpoint.interval", Duration.ofSeconds(10), "Time between checkpoints.");
  public static final ConfigOption<Duration> CHECKPOINT_TIMEOUT =
      duration(
          "checkpoint.timeout", Duration.ofMinutes(10), "A checkpoint that takes longer fails.");
  public static final ConfigOption<String> CHECKPOINT_MODE =
      text(
          "checkpoint.mode",
          CheckpointMode.UNALIGNED.label(),
          "unaligned (barriers overtake waiting examples after a second) or aligned.");

  // State
  public static final ConfigOption<String> STATE_BACKEND =
      text("state.backend", StateBackendKind.ROCKSDB.label(), "rocksdb or hashmap.");
  public static final ConfigOption<Boolean> STATE_INCREMENTAL =
      flag("state.incremental", true, "Checkpoint only what changed (rocksdb).");
  public static final ConfigOption<MemorySize> STATE_CACHE =
      memory(
          "state.cache-bytes",
          MemorySize.ofMebiBytes(128),
          "Memory of RocksDB's caches and write buffers, of each slot.");

  private ResLoraOptions() {}

  /** Every option, in the order of the documentation. */
  static List<Documented> documented() {
    return List.copyOf(DOCUMENTED);
  }

  private static ConfigOption<String> required(String key, String description) {
    return document(
        "text, required", named(key).stringType().noDefaultValue().withDescription(description));
  }

  private static ConfigOption<String> optional(String key, String description) {
    return document("text", named(key).stringType().noDefaultValue().withDescription(description));
  }

  private static ConfigOption<String> text(String key, String byDefault, String description) {
    return document(
        "text", named(key).stringType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<Integer> integer(String key, int byDefault, String description) {
    return document(
        "integer", named(key).intType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<Long> whole(String key, long byDefault, String description) {
    return document(
        "integer", named(key).longType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<Double> number(String key, double byDefault, String description) {
    return document(
        "number", named(key).doubleType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<Boolean> flag(String key, boolean byDefault, String description) {
    return document(
        "true or false",
        named(key).booleanType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<Duration> duration(
      String key, Duration byDefault, String description) {
    return document(
        "duration", named(key).durationType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<MemorySize> memory(
      String key, MemorySize byDefault, String description) {
    return document(
        "memory size",
        named(key).memoryType().defaultValue(byDefault).withDescription(description));
  }

  private static ConfigOption<List<String>> list(
      String key, List<String> byDefault, String description) {
    return document(
        "list, separated by ;",
        named(key)
            .stringType()
            .asList()
            .defaultValues(byDefault.toArray(String[]::new))
            .withDescription(description));
  }

  private static ConfigOptions.OptionBuilder named(String key) {
    return ConfigOptions.key(PREFIX + key);
  }

  private static <T> ConfigOption<T> document(String type, ConfigOption<T> option) {
    DOCUMENTED.add(new Documented(option, type));
    return option;
  }
}
