package dev.reslora.pipeline;

import static dev.reslora.pipeline.ResLoraOptions.*;
import static dev.reslora.schema.WireConfig.SINGLE_OBJECT;

import dev.reslora.operator.DecodeConfig;
import dev.reslora.operator.MetricsPlan;
import dev.reslora.operator.PublishPlan;
import dev.reslora.operator.RegistryOutage;
import dev.reslora.operator.TokenizePlan;
import dev.reslora.operator.TrainPlan;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.RegistryConfig;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.text.TextFilter;
import dev.reslora.text.TextTooLong;
import dev.reslora.training.BaselineConfig;
import dev.reslora.training.GuardConfig;
import dev.reslora.training.Pooling;
import dev.reslora.training.Precision;
import dev.reslora.training.Schedule;
import dev.reslora.training.SnapshotSchedule;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/** The border where settings become a {@link JobConfig}: reads and checks every option. */
final class JobConfigReader {

  private static final Pattern DEVICE_NAME = Pattern.compile("auto|cpu|cuda:\\d{1,3}");
  private static final Pattern BROKERS =
      Pattern.compile("[^\\s,:]+:\\d{1,5}(\\s*,\\s*[^\\s,:]+:\\d{1,5})*");
  private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{1,249}");
  private static final int LARGEST_DEAD_LETTER = 900_000;

  private final Settings settings;

  private JobConfigReader(Settings settings) {
    this.settings = settings;
  }

  /**
   * Reads and checks all settings.
   *
   * @param problems found in the sources already
   * @throws InvalidConfigException with these and all that are found here
   */
  static JobConfig read(Map<String, String> byKey, List<String> problems) {
    Settings settings = new Settings(byKey, problems);
    JobConfig config = new JobConfigReader(settings).job();
    settings.refuseUnknownKeys();
    if (!settings.problems().isEmpty()) {
      throw new InvalidConfigException(settings.problems());
    }
    return config;
  }

  private JobConfig job() {
    int maxParallelism =
        settings.get(MAX_PARALLELISM, between(1, 1 << 15), "a whole number from 1 to 32768");
    int parallelism =
        settings.get(
            PARALLELISM,
            between(1, maxParallelism),
            "a whole number from 1 to " + MAX_PARALLELISM.key() + " = " + maxParallelism);
    Checkpoints checkpoints = new Checkpoints(settings);
    JobConfig.DeliveryPlan delivery = checkpoints.delivery();
    JobConfig.Kafka kafka = kafka();
    DecodeConfig decode = decode();
    MetricsPlan metrics = metrics();
    return new JobConfig(
        settings.text(NAME),
        parallelism,
        maxParallelism,
        kafka,
        decode,
        tokenize(),
        new TrainPlan(
            trainer(delivery.mode()),
            settings.optional(START_FROM),
            bytes(LIVE_BYTES),
            bytes(LIVE_HEAP_BYTES),
            ProductVersion.number(),
            metrics),
        publish(kafka.topics().snapshots(), decode.wire(), metrics.adapters()),
        delivery,
        checkpoints.checkpoint(),
        state(),
        flink(),
        Collections.unmodifiableSortedMap(settings.effective()));
  }

  private PublishPlan publish(String topic, WireConfig wire, int listedAdapters) {
    String store = settings.optional(SNAPSHOT_STORE);
    return new PublishPlan(
        wire,
        topic,
        notNegative(SNAPSHOT_RETAIN),
        store == null ? null : Checkpoints.location(store),
        bytes(SNAPSHOT_INLINE_BYTES),
        listedAdapters);
  }

  private JobConfig.Kafka kafka() {
    return new JobConfig.Kafka(
        matching(BOOTSTRAP_SERVERS, BROKERS, "host:port, comma-separated"),
        settings.text(GROUP_ID),
        settings.choice(STARTING_OFFSETS, StartingOffsets.values(), StartingOffsets::label),
        topics(),
        notNegative(CHECK_TIMEOUT, "0 s"),
        Collections.unmodifiableSortedMap(settings.under(KAFKA_PROPERTIES)));
  }

  private MetricsPlan metrics() {
    return new MetricsPlan(
        settings.get(METRICS_ADAPTERS, between(0, 10_000), "a whole number from 0 to 10000"),
        1e9 * number(PEAK_GFLOPS, peak -> peak >= 0, "0 (not known) or a number above"));
  }

  private JobConfig.Topics topics() {
    JobConfig.Topics topics =
        new JobConfig.Topics(
            topic(EXAMPLES_TOPIC),
            topic(SNAPSHOTS_TOPIC),
            topic(METRICS_TOPIC),
            topic(REJECTED_TOPIC));
    if (new HashSet<>(topics.all()).size() < topics.all().size()) {
      settings.problem(PREFIX + "kafka.topic.*: expected four topics, found " + topics.all());
    }
    return topics;
  }

  private String topic(ConfigOption<String> option) {
    return matching(option, TOPIC, "a topic of up to 249 letters, digits, '.', '_' and '-'");
  }

  private DecodeConfig decode() {
    return new DecodeConfig(
        wire(),
        arrayBytes(RECORD_BYTES),
        deadLetterBytes(),
        settings.choice(
            REGISTRY_OUTAGE,
            RegistryOutage.values(),
            outage -> outage.name().toLowerCase(Locale.ROOT)));
  }

  private WireConfig wire() {
    WireFormat format = settings.choice(WIRE_FORMAT, WireFormat.values(), WireFormat::label);
    String url = settings.optional(REGISTRY_URL);
    if (url != null) {
      return registry(url).map(registry -> new WireConfig(format, registry)).orElse(SINGLE_OBJECT);
    }
    if (format == WireFormat.CONFLUENT) {
      settings.problem(REGISTRY_URL.key() + ": is required by " + WIRE_FORMAT.key() + " confluent");
    }
    return SINGLE_OBJECT;
  }

  private Optional<RegistryConfig> registry(String url) {
    try {
      RegistryConfig registry = RegistryConfig.of(new URI(url));
      String auth = settings.optional(REGISTRY_AUTH);
      return Optional.of(auth == null ? registry : registry.withBasicAuth(auth));
    } catch (URISyntaxException e) {
      settings.problem(REGISTRY_URL, "an http or https URL", url);
    } catch (IllegalArgumentException e) {
      settings.problem(PREFIX + "wire." + e.getMessage());
    }
    return Optional.empty();
  }

  private int deadLetterBytes() {
    int bytes = arrayBytes(DEAD_LETTER_BYTES);
    if (bytes > LARGEST_DEAD_LETTER) {
      settings.problem(
          DEAD_LETTER_BYTES,
          "at most " + LARGEST_DEAD_LETTER + " bytes, for a dead letter is one Kafka record",
          bytes);
    }
    return bytes;
  }

  private TokenizePlan tokenize() {
    return new TokenizePlan(
        settings.text(MODEL_DIRECTORY),
        notNegative(MAX_TOKENS),
        settings.choice(TEXT_TOO_LONG, TextTooLong.values(), TextTooLong::label),
        new TextFilter(
            number(MIN_LETTERS, share -> share >= 0 && share <= 1, "a number from 0 to 1")),
        settings.list(ADAPTERS),
        arrayBytes(DEAD_LETTER_BYTES));
  }

  private TrainerConfig trainer(Delivery delivery) {
    ResLoraConfig adapter = adapter();
    GuardReader reader = new GuardReader(settings);
    GuardConfig guards = reader.guards();
    return new TrainerConfig(
        settings.text(MODEL_DIRECTORY),
        matching(DEVICE, DEVICE_NAME, "auto, cpu or cuda:N"),
        positive(THREADS),
        adapter,
        training(adapter.shortcut()),
        new SnapshotSchedule(steps(SNAPSHOT_STEPS), notNegative(SNAPSHOT_EVENT_TIME, "0 s")),
        settings.get(RECOMPUTE),
        guards,
        reader.anchor(),
        together(delivery, guards));
  }

  private int together(Delivery delivery, GuardConfig guards) {
    int together = settings.get(TOGETHER, between(1, 256), "a whole number from 1 to 256");
    String found = together + " with ";
    if (together > 1 && delivery == Delivery.IDEMPOTENT) {
      settings.problem(
          TOGETHER,
          "1, for what idempotent delivery repeats has to be the same bytes",
          found + DELIVERY.key() + " idempotent");
    }
    if (together > 1 && guards.forgetting().kl() > 0) {
      settings.problem(
          TOGETHER,
          "1, for a teacher's pupils train alone",
          found + KL.key() + " " + guards.forgetting().kl());
      return 1;
    }
    return together;
  }

  private ResLoraConfig adapter() {
    return new ResLoraConfig(
        settings.get(RANK, between(1, 512), "a whole number from 1 to 512"),
        number(ALPHA, alpha -> alpha > 0, "a number above 0"),
        settings.choice(SHORTCUT, Shortcut.values(), Shortcut::label),
        settings.get(PRE_NUM, preNum -> preNum >= -1, "-1 (all), 0, 1, 2, ..."),
        number(DROPOUT, p -> p >= 0 && p < 1, "a number from 0 up to but not 1"),
        targetModules());
  }

  private List<String> targetModules() {
    List<String> targets = settings.list(TARGET_MODULES);
    for (String target : targets) {
      try {
        Pattern.compile(target);
      } catch (PatternSyntaxException e) {
        settings.problem(
            TARGET_MODULES, "a name or a regular expression (" + e.getDescription() + ")", target);
      }
    }
    return targets;
  }

  private TrainingConfig training(Shortcut shortcut) {
    return new TrainingConfig(
        positive(BATCH_EXAMPLES),
        batchTokens(),
        positive(ACCUMULATION),
        learningRate(LEARNING_RATE),
        learningRate(HEAD_LEARNING_RATE),
        schedule(),
        number(BETA1, beta -> beta >= 0 && beta < 1, "a number from 0 up to but not 1"),
        number(BETA2, beta -> beta >= 0 && beta < 1, "a number from 0 up to but not 1"),
        number(EPSILON, epsilon -> epsilon > 0, "a number above 0"),
        number(WEIGHT_DECAY, decay -> decay >= 0, "0 or a number above"),
        number(CLIP_NORM, norm -> norm >= 0, "0 (no clipping) or a number above"),
        settings.choice(POOLING, Pooling.values(), Pooling::label),
        settings.get(MAX_LABELS, between(2, 1 << 16), "a whole number from 2 to 65536"),
        settings.choice(PRECISION, Precision.values(), Precision::label),
        settings.get(SEED),
        positive(PAUSE_AFTER),
        notNegative(RECENT_TOKENS),
        merge(shortcut),
        new BaselineConfig(notNegative(BASELINE_EVERY), notNegative(BASELINE_WARMUP)));
  }

  private Merge merge(Shortcut shortcut) {
    Merge merge = settings.choice(MERGE, Merge.values(), Merge::label);
    if (!merge.folds(shortcut)) {
      settings.problem(
          MERGE, "a merge that " + shortcut.label() + " has (auto always is one)", merge.label());
    }
    return merge;
  }

  /** A batch that cannot hold the longest example would never close. */
  private int batchTokens() {
    int batchTokens = positive(BATCH_TOKENS);
    int maxTokens = settings.get(MAX_TOKENS);
    if (batchTokens < maxTokens) {
      settings.problem(
          BATCH_TOKENS, "at least " + MAX_TOKENS.key() + " = " + maxTokens, batchTokens);
    }
    return batchTokens;
  }

  private Schedule schedule() {
    Schedule.Kind kind = settings.choice(SCHEDULE, Schedule.Kind.values(), Schedule.Kind::label);
    long period = settings.get(PERIOD_STEPS, steps -> steps >= 1, "a whole number from 1");
    return new Schedule(kind, steps(WARMUP_STEPS), period);
  }

  private JobConfig.State state() {
    return new JobConfig.State(
        settings.choice(STATE_BACKEND, StateBackendKind.values(), StateBackendKind::label),
        settings.get(STATE_INCREMENTAL),
        bytes(STATE_CACHE));
  }

  private SortedMap<String, String> flink() {
    SortedMap<String, String> flink = settings.under(FLINK);
    flink.keySet().forEach(key -> FlinkSettings.refuseGoverned(key, settings));
    return Collections.unmodifiableSortedMap(flink);
  }

  private String matching(ConfigOption<String> option, Pattern pattern, String expected) {
    String text = settings.text(option);
    if (!text.isEmpty() && !pattern.matcher(text).matches()) {
      settings.problem(option, expected, text);
    }
    return text;
  }

  private long bytes(ConfigOption<MemorySize> option) {
    return settings.get(option, size -> size.getBytes() >= 1024, "at least 1 kb").getBytes();
  }

  /** A size that one array must hold. */
  private int arrayBytes(ConfigOption<MemorySize> option) {
    Predicate<MemorySize> fits = size -> size.getBytes() >= 1024 && size.getBytes() <= 1 << 30;
    return Math.toIntExact(settings.get(option, fits, "from 1 kb to 1 gb").getBytes());
  }

  private int positive(ConfigOption<Integer> option) {
    return settings.get(option, value -> value >= 1, "a whole number from 1");
  }

  private int notNegative(ConfigOption<Integer> option) {
    return settings.get(option, value -> value >= 0, "a whole number from 0");
  }

  private Duration notNegative(ConfigOption<Duration> option, String least) {
    return settings.get(option, value -> !value.isNegative(), "a duration from " + least);
  }

  private long steps(ConfigOption<Long> option) {
    return settings.get(option, value -> value >= 0, "a whole number from 0");
  }

  private double learningRate(ConfigOption<Double> option) {
    return number(
        option,
        rate -> rate > 0 && rate <= RecordRules.MAX_LEARNING_RATE,
        "a number above 0, at most " + RecordRules.MAX_LEARNING_RATE);
  }

  private double number(ConfigOption<Double> option, Predicate<Double> accepts, String expected) {
    return settings.get(option, value -> Double.isFinite(value) && accepts.test(value), expected);
  }

  private static Predicate<Integer> between(int least, int most) {
    return value -> value >= least && value <= most;
  }

  /** Checkpoints and delivery, which lean on each other. */
  private record Checkpoints(Settings settings) {

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:");

    JobConfig.Checkpoint checkpoint() {
      return new JobConfig.Checkpoint(
          location(settings.text(CHECKPOINT_DIRECTORY)),
          duration(CHECKPOINT_INTERVAL),
          duration(CHECKPOINT_TIMEOUT),
          settings.choice(CHECKPOINT_MODE, CheckpointMode.values(), CheckpointMode::label));
    }

    /** A transaction lives from one checkpoint to the end of the next. */
    JobConfig.DeliveryPlan delivery() {
      Delivery mode = settings.choice(DELIVERY, Delivery.values(), Delivery::label);
      Duration timeout = duration(TRANSACTION_TIMEOUT);
      Duration needed = settings.get(CHECKPOINT_INTERVAL).plus(settings.get(CHECKPOINT_TIMEOUT));
      if (mode == Delivery.EXACTLY_ONCE && timeout.compareTo(needed) <= 0) {
        settings.problem(
            TRANSACTION_TIMEOUT,
            "more than %s + %s = %s"
                .formatted(
                    CHECKPOINT_INTERVAL.key(), CHECKPOINT_TIMEOUT.key(), OptionsTable.text(needed)),
            OptionsTable.text(timeout));
      }
      return new JobConfig.DeliveryPlan(mode, timeout);
    }

    /** Flink wants a scheme; a plain path is one of this machine's. */
    private static String location(String directory) {
      return SCHEME.matcher(directory).lookingAt() || directory.isEmpty()
          ? directory
          : "file://" + Path.of(directory).toAbsolutePath().normalize();
    }

    private Duration duration(ConfigOption<Duration> option) {
      return settings.get(
          option, value -> value.compareTo(Duration.ofMillis(10)) >= 0, "a duration from 10 ms");
    }
  }
}
