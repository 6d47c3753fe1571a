package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.Digests;
import dev.reslora.model.SafetensorsFile;
import dev.reslora.model.TestModels;
import dev.reslora.pipeline.CheckpointHistory;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.cli.ResLora;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.LocalJob;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.LoraReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code state} on the savepoint that release 1 recorded: three adapters on two subtasks. */
@SuppressWarnings("try") // a job is closed, and not looked at
class StateITCase {

  private static final String ADDED = "chaos-4";

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void listsWhereEachAdapterStands() throws Exception {
    assertThat(state("list", "--savepoint", released(), "--json")).as(err.toString()).isZero();
    JsonNode found = new ObjectMapper().readTree(out.toString());
    assertThat(found).hasSize(3);
    for (int i = 0; i < 3; i++) {
      JsonNode adapter = found.get(i);
      assertThat(adapter.path("adapterId").asText()).isEqualTo(ChaosFeed.ADAPTERS.get(i));
      assertThat(adapter.path("rank").asInt()).isEqualTo(8);
      assertThat(adapter.path("shortcut").asText()).isEqualTo("block");
      assertThat(adapter.path("targetModules")).hasSize(4);
      assertThat(adapter.path("progress").path("step").asLong()).isEqualTo(3);
      assertThat(adapter.path("progress").path("examples").asLong())
          .isEqualTo(3L * ChaosFeed.BATCH);
      // The parent of the version that the next release's job made.
      assertThat(nextVersion(i))
          .contains(
              " version %d after %s, step 3"
                  .formatted(
                      adapter.path("version").asLong() + 1, adapter.path("digest").asText()));
    }
    out.getBuffer().setLength(0);
    assertThat(state("list", "--savepoint", released(), "--adapter", "chaos-2"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("chaos-2").doesNotContain("chaos-1");
    assertThat(state("list", "--savepoint", released(), "--adapter", "nobody")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no adapter nobody in ");
  }

  @Test
  void exportsWhatThatJobWouldPublish() throws Exception {
    Path exported = directory.resolve("exported");
    assertThat(state("export", "--savepoint", released(), "--out", exported.toString()))
        .as(err.toString())
        .isZero();
    for (int i = 0; i < 3; i++) {
      Path adapter = exported.resolve(ChaosFeed.ADAPTERS.get(i) + "-step3");
      for (String file : List.of("adapter_model.safetensors", "head.json", "head.safetensors")) {
        String digest = Digests.hex(Files.readAllBytes(adapter.resolve(file)));
        assertThat(nextVersion(i)).contains(file + " " + digest);
      }
      assertThat(LoraReader.read(adapter).factors()).hasSize(4);
      assertThat(moments(adapter)).as("AdamW's second moments").anyMatch(v -> v > 0);
    }
    assertThat(state("export", "--savepoint", released(), "--out", exported.toString()))
        .as("nothing is written over")
        .isEqualTo(1);
  }

  private static List<Float> moments(Path adapter) throws Exception {
    List<Float> moments = new ArrayList<>();
    try (SafetensorsFile tensors = SafetensorsFile.open(adapter.resolve("state.safetensors"))) {
      String name = "encoder.layer.0.attention.self.query.lora_B.weight.exp_avg_sq";
      for (float value : tensors.floats(name)) {
        moments.add(value);
      }
    }
    return moments;
  }

  @Test
  void importsAnAdapterThatTheJobGoesOnWith() throws Exception {
    // Names of topics are in the savepoint, and another test has them on the shared broker.
    try (LocalBroker broker = LocalBroker.start(directory.resolve("broker"))) {
      importsAnAdapterThatTheJobGoesOnWith(broker);
    }
  }

  private void importsAnAdapterThatTheJobGoesOnWith(LocalBroker broker) throws Exception {
    Path exported = directory.resolve("exported");
    assertThat(
            state(
                "export",
                "--savepoint",
                released(),
                "--out",
                exported.toString(),
                "--adapter",
                "chaos-1"))
        .isZero();
    String source = exported.resolve("chaos-1-step3").toString();
    String target = directory.resolve("with-a-fourth").toString();
    assertThat(importAs("chaos-2", source, target)).isEqualTo(1);
    assertThat(err.toString()).contains("expected an id that is not in ");
    assertThat(importAs(ADDED, source, target)).as(err.toString()).isZero();

    ChaosPlan plan = plan(broker);
    plan.ground().createTopics("imported");
    List<String> settings = new ArrayList<>(plan.settings("imported"));
    settings.add("reslora.limits.adapters=");
    try (ChaosFeed feed = SavepointITCase.feed(plan)) {
      SavepointITCase.sendWhatReleaseOneRead(feed);
      feed.end();
    }
    assertThat(
            command(
                "produce",
                "control",
                ADDED,
                "publish",
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--topic",
                plan.ground().topics("").examples()))
        .as(err.toString())
        .isZero();
    try (LocalJob job =
        LocalJob.start(
            ConfigSource.load(null, settings),
            0,
            Optional.of(Path.of(target).toUri().toString()))) {
      SavepointITCase.await(
          plan,
          "imported",
          outputs ->
              outputs.versions() == ChaosFeed.ADAPTERS.size() + 1
                  && newestCheckpoint().isPresent());
    }
    out.getBuffer().setLength(0);
    assertThat(state("list", "--savepoint", newestCheckpoint().orElseThrow()))
        .as("an incremental checkpoint of RocksDB's: " + err)
        .isZero();
    assertThat(out.toString()).contains(ChaosFeed.ADAPTERS).contains(ADDED);
    RunOutputs outputs = SavepointITCase.read(plan, "imported");
    assertThat(SavepointITCase.summaries(outputs))
        .as("the adapters that were there")
        .isEqualTo(Files.readAllLines(SavepointITCase.resource(SavepointITCase.NEXT_VERSIONS)));
    SnapshotManifest added = outputs.versions(ADDED).get(0);
    assertThat(added.getVersion()).isEqualTo(1);
    assertThat(added.getStep()).isEqualTo(3);
    assertThat(added.getTotalExamples()).isZero();
    assertThat(added.getFiles())
        .extracting(SnapshotFile::getSha256)
        .isEqualTo(
            outputs.versions("chaos-1").get(0).getFiles().stream()
                .map(SnapshotFile::getSha256)
                .toList());
  }

  private Optional<String> newestCheckpoint() {
    try {
      return CheckpointHistory.newest(
          directory.resolve("imported").resolve("checkpoints").toUri().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int importAs(String id, String source, String target) throws Exception {
    return state("import", source, "--savepoint", released(), "--as", id, "--to", target);
  }

  @Test
  void saysWhereThereIsNoSavepoint() {
    assertThat(state("list", "--savepoint", directory.toString())).isEqualTo(1);
    assertThat(err.toString())
        .contains("savepoint " + directory)
        .contains("_metadata")
        .doesNotContain("\tat ");
  }

  private static String nextVersion(int adapter) throws Exception {
    return Files.readAllLines(SavepointITCase.resource(SavepointITCase.NEXT_VERSIONS)).get(adapter);
  }

  private static String released() throws Exception {
    return SavepointITCase.resource(SavepointITCase.SAVEPOINT).toString();
  }

  private ChaosPlan plan(LocalBroker broker) {
    BenchGround ground =
        new BenchGround(broker.bootstrapServers(), SavepointITCase.RELEASED, directory, directory);
    return new ChaosPlan(
        TestModels.tiny(), "mean", Delivery.IDEMPOTENT, 0, Duration.ofMillis(300), 3, ground);
  }

  private int state(String... words) {
    List<String> all = new ArrayList<>(List.of("state"));
    all.addAll(List.of(words));
    return command(all.toArray(String[]::new));
  }

  private int command(String... words) {
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }
}
