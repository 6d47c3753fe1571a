package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.model.TestModels;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.ChainVerifier;
import dev.reslora.snapshot.LoraReader;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotDirectory;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdmissionConfig;
import dev.reslora.training.BaselineConfig;
import dev.reslora.training.GateConfig;
import dev.reslora.training.GuardConfig;
import dev.reslora.training.Pooling;
import dev.reslora.training.Precision;
import dev.reslora.training.ReplayConfig;
import dev.reslora.training.Schedule;
import dev.reslora.training.SnapshotSchedule;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An adapter that forks at drift or by command, through the train and the publish stage, onto a
 * topic.
 */
@SuppressWarnings("try") // the harness's close may be interrupted
class ForkedAdapterTest {

  private static final int EXAMPLES = 320;

  @TempDir Path directory;

  /** What both stages keep. */
  private record Cut(OperatorSubtaskState train, OperatorSubtaskState publish) {}

  private final List<ServingRecord> topic = new ArrayList<>();

  @ParameterizedTest
  @EnumSource
  void publishesForksThatReadersTakeForAnyAdapter(Shortcut shortcut) throws Exception {
    Cut cut = run(plan(shortcut), null, inputs("a", 0, EXAMPLES));

    List<PublishedVersion> versions = versions();
    List<PublishedVersion> forks =
        versions.stream().filter(version -> !version.adapterId().equals("a")).toList();
    assertThat(forks).hasSizeGreaterThan(1);
    assertThat(versions).hasSizeGreaterThan(forks.size());
    for (PublishedVersion fork : forks) {
      SnapshotManifest manifest = fork.manifest();
      assertThat(fork.adapterId()).isEqualTo("a.fork-" + manifest.getStep());
      assertThat(manifest.getVersion()).isOne();
      assertThat(manifest.getParentDigest()).isEmpty();
      assertThat(manifest.getTrigger()).isEqualTo("fork:a");
      assertThat(manifest.getOffsets()).isEmpty();
    }
    assertThat(verified().versions()).isEqualTo(versions.size());
    assertThat(SnapshotDirectory.write(forks.get(0), directory)).isTrue();
    String name = SnapshotDirectory.name(forks.get(0).adapterId(), 1);
    assertThat(name).isEqualTo(forks.get(0).adapterId() + "-v1");
    assertThat(LoraReader.read(directory.resolve(name)).factors()).hasSize(8);

    String gone = forks.get(0).adapterId();
    run(plan(shortcut), cut, List.of(deletion(gone), deletion("a.fork-9999")));
    ChainVerifier after = verified();
    assertThat(after.adapters()).as("the adapter, and the other forks").isEqualTo(forks.size());
    assertThat(topic.get(topic.size() - 1).value()).isNull();
  }

  @Test
  void publishesTheSameBytesWhereverItIsRestored() throws Exception {
    run(plan(Shortcut.BLOCK), null, inputs("a", 0, EXAMPLES));
    List<ServingRecord> whole = List.copyOf(topic);
    assertThat(versions())
        .extracting(version -> version.manifest().getTrigger())
        .contains("fork:a", "steps");
    topic.clear();
    Cut cut = null;
    for (int begin = 0; begin < EXAMPLES; begin += 40) {
      cut = run(plan(Shortcut.BLOCK), cut, inputs("a", begin, begin + 40));
    }
    assertThat(topic).usingRecursiveComparison().isEqualTo(whole);
  }

  @ParameterizedTest
  @EnumSource
  void forksByCommandAndAnotherJobLearnsOnFromTheFork(Shortcut shortcut) throws Exception {
    List<TrainingInput> inputs = new ArrayList<>(inputs("a", 0, 100));
    inputs.add(command("a", AdapterCommand.FORK));
    run(plan(shortcut), null, inputs);
    PublishedVersion fork =
        versions().stream()
            .filter(version -> version.adapterId().equals("a.fork-12"))
            .findFirst()
            .orElseThrow();
    assertThat(SnapshotDirectory.write(fork, directory)).isTrue();
    Path start = directory.resolve(SnapshotDirectory.name("a.fork-12", 1));

    topic.clear();
    List<TrainingInput> next = new ArrayList<>();
    next.add(command("b", AdapterCommand.CREATE));
    next.add(command("b", AdapterCommand.PUBLISH));
    next.addAll(inputs("b", 100, 164));
    int rank = LoraReader.read(start).rank();
    run(plan(Shortcut.NONE, rank, rank, start), null, next);

    List<PublishedVersion> versions =
        versions().stream().filter(version -> version.adapterId().equals("b")).toList();
    assertThat(versions).hasSizeGreaterThan(2);
    assertThat(verified().versions()).isEqualTo(versions().size());
    assertThat(versions.get(0).manifest().getLabels())
        .isEqualTo(fork.manifest().getLabels())
        .hasSize(3);
    assertThat(versions.get(0).manifest().getFiles())
        .as("weights and head, byte for byte")
        .containsAll(tensors(fork));
    assertThat(versions.get(1).manifest().getFiles()).doesNotContainAnyElementsOf(tensors(fork));
  }

  private static List<SnapshotFile> tensors(PublishedVersion version) {
    return version.manifest().getFiles().stream()
        .filter(file -> file.getName().endsWith(".safetensors"))
        .toList();
  }

  private Cut run(TrainPlan plan, @Nullable Cut from, List<TrainingInput> inputs) throws Exception {
    PublishPlan publishing =
        new PublishPlan(WireConfig.SINGLE_OBJECT, "model-snapshots", 8, null, 0, 1);
    try (var train =
            new KeyedOneInputStreamOperatorTestHarness<>(
                new TrainOperator(plan), TrainingInput::key, Types.STRING);
        var publish =
            new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(new PublishFunction(publishing)),
                PublishRequest::key,
                Types.STRING)) {
      if (from != null) {
        train.initializeState(from.train());
        publish.initializeState(from.publish());
      }
      train.open();
      publish.open();
      for (TrainingInput input : inputs) {
        train.processElement(input, 0);
      }
      for (PublishRequest request : train.extractOutputValues()) {
        publish.processElement(request, 0);
      }
      topic.addAll(publish.extractOutputValues());
      return new Cut(train.snapshot(1, 1), publish.snapshot(1, 1));
    }
  }

  private List<PublishedVersion> versions() throws Exception {
    List<PublishedVersion> versions = new ArrayList<>();
    SnapshotAssembler assembler =
        new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 10_000_000, versions::add);
    for (ServingRecord record : topic) {
      assembler.accept(record.key(), record.value());
    }
    return versions;
  }

  private ChainVerifier verified() throws Exception {
    ChainVerifier verifier = new ChainVerifier(WireConfig.SINGLE_OBJECT, 10_000_000, false);
    for (ServingRecord record : topic) {
      verifier.accept("topic", record.key(), record.value());
    }
    assertThat(verifier.finish()).isEmpty();
    return verifier;
  }

  private static TrainingInput deletion(String adapterId) {
    return command(adapterId, AdapterCommand.DELETE);
  }

  private static TrainingInput command(String adapterId, AdapterCommand command) {
    return TrainingInput.of(
        new Origin("in", 0, EXAMPLES, -1),
        new AdapterControl(adapterId, "c", Instant.EPOCH, command, null, Map.of()));
  }

  /** Three classes told apart by their tokens, which change places twice. */
  private static List<TrainingInput> inputs(String adapterId, int from, int to) {
    Random random = new Random(3);
    List<TrainingInput> inputs = new ArrayList<>();
    for (int i = 0; i < to; i++) {
      int label = random.nextInt(3);
      int[] tokens = random.ints(5, 10 + 10 * label, 20 + 10 * label).toArray();
      inputs.add(
          TrainingInput.of(
              new TokenizedExample(
                  adapterId,
                  "e" + i,
                  "in",
                  0,
                  i,
                  1_000L * i,
                  tokens,
                  null,
                  0,
                  "label-" + (label + i / 112) % 3,
                  1)));
    }
    return inputs.subList(from, to);
  }

  /** With a detector that the noise of a loss alarms. */
  private static TrainPlan plan(Shortcut shortcut) {
    return plan(shortcut, 4, 8, null);
  }

  private static TrainPlan plan(
      Shortcut shortcut, int rank, double alpha, @Nullable Path startFrom) {
    DriftConfig drift =
        new DriftConfig(
            DriftConfig.Detector.PAGE_HINKLEY,
            DriftConfig.Signal.LOSS,
            Adwin.Parameters.DEFAULT,
            new PageHinkley.Parameters(10, 0, 0.1, 1),
            Ddm.Parameters.DEFAULT,
            List.of(DriftConfig.Reaction.FORK),
            1,
            0);
    TrainerConfig config =
        new TrainerConfig(
            TestModels.tiny().toString(),
            "cpu",
            1,
            new ResLoraConfig(
                rank, alpha, shortcut, 2, 0.1, List.of("query", "value", "output.dense")),
            new TrainingConfig(
                8,
                256,
                1,
                1e-2,
                1e-2,
                new Schedule(Schedule.Kind.CONSTANT, 2, 1),
                0.9,
                0.999,
                1e-8,
                0.01,
                1.0,
                Pooling.MEAN,
                3,
                Precision.FLOAT32,
                7,
                2,
                200,
                Merge.AUTO,
                new BaselineConfig(0, 0)),
            new SnapshotSchedule(4, Duration.ZERO));
    return new TrainPlan(
        config.guarded(
            new GuardConfig(
                0.99, 50, AdmissionConfig.OFF, drift, ReplayConfig.OFF, GateConfig.OFF)),
        startFrom == null ? null : startFrom.toString(),
        1 << 20,
        1 << 20,
        "1.0-test",
        new MetricsPlan(2, 0));
  }
}
