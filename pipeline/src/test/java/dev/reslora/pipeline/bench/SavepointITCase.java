package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.SafetensorsWriter;
import dev.reslora.model.TestModels;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.LocalJob;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that are stopped with a savepoint and go on from it, here or in a later release. */
@ExtendWith(BrokerExtension.class)
@SuppressWarnings("try") // a job is closed, and not always looked at
class SavepointITCase {

  /** Names of topics are in a savepoint. */
  static final String RELEASED = "released";

  static final String SAVEPOINT = "savepoint";
  static final String NEXT_VERSIONS = "next-versions.txt";

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long SEED = 3;

  @TempDir Path directory;

  @Test
  void rescaledFromOneToTwoToOneLeavesTheSame(LocalBroker broker) throws Exception {
    rescaledLeavesTheSame(broker, "rescaled");
  }

  @Test
  void startedFromAnAdapterAndRescaledLeavesTheSame(LocalBroker broker) throws Exception {
    Path adapter = loraAdapter();
    String startFrom = "reslora.adapter.start-from=" + adapter;
    ChaosPlan plan = plan(broker, BrokerExtension.topic("started"), Delivery.EXACTLY_ONCE);
    plan.ground().createTopics("refused");
    try (LocalJob job = start(plan, "refused", 1, null, startFrom)) {
      assertThatThrownBy(() -> job.await(() -> {}))
          .rootCause()
          .hasMessageStartingWith(
              "reslora.adapter.start-from: expected a job with reslora.adapter.shortcut=none");
    }
    rescaledLeavesTheSame(
        broker, "started", startFrom, "reslora.adapter.shortcut=none", "reslora.adapter.alpha=8");
  }

  /** What peft would save of a tiny BERT's queries and values, rank 8, scale 1. */
  private Path loraAdapter() throws IOException {
    Path adapter = Files.createDirectories(directory.resolve("adapter"));
    Files.writeString(adapter.resolve("adapter_config.json"), "{\"r\": 8, \"lora_alpha\": 8}");
    Random random = new Random(5);
    SafetensorsWriter tensors = new SafetensorsWriter();
    for (int layer = 0; layer < 2; layer++) {
      for (String name : List.of("query", "value")) {
        String module =
            "base_model.model.encoder.layer.%d.attention.self.%s".formatted(layer, name);
        tensors.add(module + ".lora_A.weight", numbers(random), 8, 16);
        tensors.add(module + ".lora_B.weight", numbers(random), 16, 8);
      }
    }
    tensors.write(adapter.resolve("adapter_model.safetensors"));
    return adapter;
  }

  private static float[] numbers(Random random) {
    float[] numbers = new float[8 * 16];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (0.1 * random.nextGaussian());
    }
    return numbers;
  }

  private void rescaledLeavesTheSame(LocalBroker broker, String name, String... settings)
      throws Exception {
    ChaosPlan plan = plan(broker, BrokerExtension.topic(name), Delivery.EXACTLY_ONCE);
    plan.ground().createTopics("rescaled", "straight");
    try (ChaosFeed feed = feed(plan)) {
      @Nullable String savepoint = null;
      for (int parallelism : List.of(1, 2)) {
        long before = feed.toTrain();
        feed.round();
        feed.round();
        try (LocalJob job = start(plan, "rescaled", parallelism, savepoint, settings)) {
          // In the middle, batches unfinished and examples on their way.
          await(plan, "rescaled", outputs -> outputs.trained() > before);
          savepoint = job.stopWithSavepoint(savepoints());
        }
      }
      feed.round();
      feed.end();
      try (LocalJob job = start(plan, "rescaled", 1, savepoint, settings)) {
        await(plan, "rescaled", outputs -> outputs.complete(feed.sent()));
      }
      try (LocalJob job = start(plan, "straight", 1, null, settings)) {
        await(plan, "straight", outputs -> outputs.complete(feed.sent()));
      }
      ChaosAccount account = new ChaosAccount(feed.sent());
      account.settle("rescaled", read(plan, "rescaled"));
      account.settle("straight", read(plan, "straight"));
      account.compare(read(plan, "rescaled"), read(plan, "straight"));
      assertThat(account.violations()).isEmpty();
    }
  }

  /** What release 1 left of each adapter: its chain of versions, its numbers, its place. */
  @Test
  void goesOnFromTheSavepointOfReleaseOneButNotWithAnotherRank(LocalBroker broker)
      throws Exception {
    ChaosPlan plan = plan(broker, RELEASED, Delivery.IDEMPOTENT);
    plan.ground().createTopics("other", "job");
    try (ChaosFeed feed = feed(plan)) {
      sendWhatReleaseOneRead(feed);
      feed.end();
      feed.round();
    }
    try (LocalJob job = start(plan, "other", 2, released(), "reslora.adapter.rank=4")) {
      assertThatThrownBy(() -> job.await(() -> {}))
          .rootCause()
          .hasMessageMatching(
              "adapter chaos-\\d: its state has rank 8, this job's configuration rank 4; .*");
    }
    try (LocalJob job = start(plan, "job", 2, released())) {
      await(plan, "job", outputs -> outputs.trained() == 3 * ChaosFeed.BATCH);
    }
    RunOutputs outputs = read(plan, "job");
    assertThat(summaries(outputs)).isEqualTo(Files.readAllLines(resource(NEXT_VERSIONS)));
    assertThat(ChaosFeed.ADAPTERS.stream().flatMap(id -> outputs.steps(id).stream()))
        .extracting(StepReport::getStep)
        .containsOnly(4L);
  }

  /** Makes what the test above reads; for a release that changes the state's layout. */
  @Test
  @EnabledIfSystemProperty(named = "reslora.record", matches = ".+")
  void recordsASavepoint(LocalBroker broker) throws Exception {
    ChaosPlan plan = plan(broker, RELEASED, Delivery.IDEMPOTENT);
    plan.ground().createTopics("first", "next");
    Path target = Path.of(System.getProperty("reslora.record"));
    try (ChaosFeed feed = feed(plan)) {
      sendWhatReleaseOneRead(feed);
      String savepoint;
      try (LocalJob job = start(plan, "first", 2, null)) {
        await(plan, "first", outputs -> outputs.complete(feed.sent()));
        savepoint = job.stopWithSavepoint(savepoints());
      }
      copy(Path.of(URI.create(savepoint)), target.resolve(SAVEPOINT));
      feed.end();
      try (LocalJob job = start(plan, "next", 2, savepoint)) {
        await(plan, "next", outputs -> outputs.versions() == ChaosFeed.ADAPTERS.size());
      }
    }
    Files.write(target.resolve(NEXT_VERSIONS), summaries(read(plan, "next")));
  }

  static void sendWhatReleaseOneRead(ChaosFeed feed) throws Exception {
    for (int round = 0; round < 3; round++) {
      feed.round();
    }
    feed.end();
  }

  /** A copy, for a job deletes the savepoint that it begins with. */
  private String released() throws Exception {
    Path copy = directory.resolve(SAVEPOINT);
    copy(resource(SAVEPOINT), copy);
    return copy.toUri().toString();
  }

  static Path resource(String name) throws Exception {
    String place = "/dev/reslora/pipeline/released/1/" + name;
    return Path.of(Objects.requireNonNull(SavepointITCase.class.getResource(place), place).toURI());
  }

  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  static List<String> summaries(RunOutputs outputs) {
    return ChaosFeed.ADAPTERS.stream().map(id -> summary(outputs.versions(id).get(0))).toList();
  }

  /** All but what a forward pass decides: its last digits are the machine's. */
  private static String summary(SnapshotManifest manifest) {
    List<String> files = new ArrayList<>();
    for (SnapshotFile file : manifest.getFiles()) {
      files.add(file.getName() + " " + file.getSha256());
    }
    return "%s version %d after %s, step %d, %d examples, %s: %s"
        .formatted(
            manifest.getAdapterId(),
            manifest.getVersion(),
            manifest.getParentDigest(),
            manifest.getStep(),
            manifest.getTotalExamples(),
            manifest.getLabels(),
            files);
  }

  private ChaosPlan plan(LocalBroker broker, String name, Delivery delivery) {
    BenchGround ground = new BenchGround(broker.bootstrapServers(), name, directory, directory);
    return new ChaosPlan(
        TestModels.tiny(), "mean", delivery, 0, Duration.ofMillis(300), SEED, ground);
  }

  static ChaosFeed feed(ChaosPlan plan) throws IOException {
    return new ChaosFeed(
        plan.ground().bootstrapServers(), plan.ground().topics("").examples(), SEED);
  }

  private String savepoints() {
    return directory.resolve("savepoints").toUri().toString();
  }

  private static LocalJob start(
      ChaosPlan plan, String run, int parallelism, @Nullable String from, String... more)
      throws Exception {
    List<String> settings = new ArrayList<>(plan.settings(run));
    settings.add("reslora.job.parallelism=" + parallelism);
    settings.addAll(List.of(more));
    return LocalJob.start(ConfigSource.load(null, settings), 0, Optional.ofNullable(from));
  }

  static RunOutputs read(ChaosPlan plan, String run) throws IOException {
    BenchGround ground = plan.ground();
    return RunOutputs.read(ground.bootstrapServers(), ground.topics(run), plan.delivery());
  }

  static void await(ChaosPlan plan, String run, Predicate<RunOutputs> enough) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (RunOutputs found = read(plan, run); !enough.test(found); found = read(plan, run)) {
      assertThat(System.nanoTime()).as("only %d trained", found.trained()).isLessThan(deadline);
    }
  }
}
