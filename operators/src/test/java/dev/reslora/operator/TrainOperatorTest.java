package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.operator.LiveAdapters.Bounds;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.BaselineConfig;
import dev.reslora.training.IncompatibleStateException;
import dev.reslora.training.Pooling;
import dev.reslora.training.Precision;
import dev.reslora.training.Schedule;
import dev.reslora.training.SnapshotSchedule;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingConfig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("try") // the harness's close may be interrupted
class TrainOperatorTest {

  private static final int MAX_PARALLELISM = 128;
  private static final Bounds ROOMY = new Bounds(1 << 20, 1 << 20);

  /** Room for two of the adapters below at 100 bytes each, and 1,000 of heap. */
  private static final Bounds TIGHT = new Bounds(250, 1 << 20);

  private static final Bounds HEAP_TIGHT = new Bounds(1 << 20, 2_500);

  private boolean rocksDb;

  /** Most adapters in a pass. */
  private int together = 1;

  private final List<String> candidates = new ArrayList<>();
  private final List<String> reports = new ArrayList<>();
  private final List<TrainingInput> inputs = stream(600, 5);

  @AfterEach
  void everySessionIsClosed() {
    assertThat(CountedTraining.OPEN).hasValue(0);
  }

  @Test
  void routesReportsRefusalsAndCandidates() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      for (int i = 0; i < 6; i++) {
        process(harness, example("a", i, i));
      }
      process(harness, command("a", 6, AdapterCommand.PAUSE));
      process(harness, example("a", 7, 7));

      List<Snapshot> candidates = candidates(harness);
      assertThat(candidates).hasSize(1);
      assertThat(candidates.get(0).manifest().getTrigger()).isEqualTo("steps");
      assertThat(candidates.get(0).manifest().getBaseModel()).isEqualTo("counted");
      assertThat(candidates.get(0).manifest().getCodeVersion()).isEqualTo("1.0-test");
      assertThat(side(harness, TrainOperator.REPORTS))
          .extracting(StepReport::getStep)
          .containsExactly(1L, 2L, 3L);
      RejectedRecord refused = side(harness, RejectedRecords.OUTPUT).get(0);
      assertThat(refused.getStage()).isEqualTo("train");
      assertThat(refused.getReason()).isEqualTo(RejectionReason.ADAPTER_PAUSED);
      assertThat(refused.getOffset()).isEqualTo(7);
    }
  }

  @Test
  void obeysCommandsInTheirPlaceAmongTheExamples() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, example("a", 0, 1));
      process(harness, command("a", 1, AdapterCommand.PAUSE));
      process(harness, example("a", 2, 1));
      process(harness, command("a", 3, AdapterCommand.RESUME));
      process(harness, example("a", 4, 1));
      process(harness, command("a", 5, AdapterCommand.PUBLISH));

      assertThat(candidates(harness))
          .extracting(candidate -> candidate.manifest().getTrigger())
          .containsExactly("command:c5");
      assertThat(side(harness, TrainOperator.REPORTS)).hasSize(1);
      assertThat(side(harness, RejectedRecords.OUTPUT))
          .extracting(RejectedRecord::getOffset)
          .containsExactly(2L);
    }
  }

  @Test
  void refusesCommandsThatItCannotObey() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, command("nobody", 3, AdapterCommand.PUBLISH));
      process(harness, command("nobody", 4, AdapterCommand.UNKNOWN));

      assertThat(harness.extractOutputValues()).isEmpty();
      assertThat(side(harness, RejectedRecords.OUTPUT))
          .extracting(RejectedRecord::getReason)
          .containsExactly(RejectionReason.UNKNOWN_ADAPTER, RejectionReason.UNKNOWN_COMMAND);
      assertThat(harness.numKeyedStateEntries()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void forgetsADeletedAdapterAndBeginsItAnew(boolean rocksDb) throws Exception {
    this.rocksDb = rocksDb;
    OperatorSubtaskState state;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, example("a", 0, 1));
      process(harness, example("b", 1, 1));
      state = harness.snapshot(1, 1);
    }
    try (Harness harness = open(ROOMY, 0, 1, state)) {
      process(harness, command("a", 2, AdapterCommand.DELETE));
      assertThat(harness.extractOutputValues()).containsExactly(PublishRequest.deletion("a"));
      process(harness, command("a", 3, AdapterCommand.DELETE));
      assertThat(side(harness, RejectedRecords.OUTPUT))
          .extracting(RejectedRecord::getReason)
          .containsExactly(RejectionReason.UNKNOWN_ADAPTER);
      state = harness.snapshot(2, 2);
      assertThat(harness.stored("a")).isFalse();
      assertThat(harness.stored("b")).isTrue();
    }
    try (Harness harness = open(ROOMY, 0, 1, state)) {
      process(harness, example("a", 4, 5));
      process(harness, example("a", 5, 6));
      assertThat(side(harness, TrainOperator.REPORTS))
          .extracting(StepReport::getTotalExamples)
          .containsExactly(2L);
    }
  }

  @Test
  void deletesAForkAndLeavesTheAdapterThatItWas() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, example("a", 0, 1));
      harness.snapshot(1, 1);
      process(harness, command("a.fork-7", 1, AdapterCommand.DELETE));
      process(harness, command("a.fork-7", 2, AdapterCommand.PUBLISH));

      assertThat(harness.extractOutputValues())
          .containsExactly(PublishRequest.deletion("a.fork-7"));
      AdapterEvent answer = side(harness, TrainOperator.EVENTS).get(0);
      assertThat(answer.getAdapterId()).isEqualTo("a.fork-7");
      assertThat(answer.getKind()).isEqualTo(AdapterEventKind.COMMAND_DONE);
      assertThat(answer.getCause()).isEqualTo("c1");
      assertThat(side(harness, RejectedRecords.OUTPUT))
          .extracting(RejectedRecord::getReason)
          .containsExactly(RejectionReason.INVALID_FIELD);
      assertThat(harness.stored("a")).isTrue();
    }
  }

  @Test
  void refusesOptionsThatAnAdapterMayNotHaveForItself() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      AdapterControl create =
          new AdapterControl(
              "a", "c", Instant.EPOCH, AdapterCommand.CREATE, null, Map.of("adapter.rank", "4"));
      process(harness, TrainingInput.of(new Origin("examples", 0, 0, -1), create));
      RejectedRecord refused = side(harness, RejectedRecords.OUTPUT).get(0);
      assertThat(refused.getReason()).isEqualTo(RejectionReason.INVALID_FIELD);
      assertThat(refused.getMessage()).startsWith("options: expected one of [").contains("rank");
      assertThat(harness.numKeyedStateEntries()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void goesOnAfterARestoreAsIfNothingHadHappened(boolean rocksDb) throws Exception {
    this.rocksDb = rocksDb;
    List<String> uninterrupted = run(ROOMY, List.of(1), inputs);

    assertThat(run(ROOMY, List.of(1, 1, 1), inputs)).isEqualTo(uninterrupted);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void makesNoDifferenceHowOftenAdaptersAreEvicted(boolean rocksDb) throws Exception {
    this.rocksDb = rocksDb;
    List<String> neverEvicted = run(ROOMY, List.of(1, 1), inputs);

    assertThat(run(TIGHT, List.of(1, 1), inputs)).isEqualTo(neverEvicted);
  }

  @Test
  void keepsEveryAdapterWhenRescaled() throws Exception {
    List<String> straight = run(ROOMY, List.of(1), inputs);

    assertThat(run(TIGHT, List.of(1, 2, 1), inputs)).containsExactlyInAnyOrderElementsOf(straight);
  }

  private static List<Bounds> tight() {
    return List.of(TIGHT, HEAP_TIGHT);
  }

  @ParameterizedTest
  @MethodSource("tight")
  void staysWithinItsBoundsOfLiveAdapters(Bounds bounds) throws Exception {
    try (Harness harness = open(bounds, 0, 1, null)) {
      for (TrainingInput input : inputs) {
        process(harness, input);
        assertThat(CountedTraining.OPEN.get()).isLessThanOrEqualTo(2);
      }
    }
  }

  @Test
  void writesStateOnlyAtACheckpointWhileThereIsRoom() throws Exception {
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, example("a", 0, 1));
      assertThat(harness.numKeyedStateEntries()).isZero();

      harness.snapshot(1, 1);
      assertThat(harness.numKeyedStateEntries()).isOne();
    }
  }

  @Test
  void trainsTogetherOnceEnoughAdaptersAreDue() throws Exception {
    together = 3;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      fill(harness, "a", 0);
      fill(harness, "b", 2);
      assertThat(trained(harness)).isEmpty();
      fill(harness, "c", 4);
      assertThat(trained(harness)).containsExactly("a1", "b1", "c1");
    }
  }

  @Test
  void trainsTogetherBeforeAnAdapterThatIsDueTakesMore() throws Exception {
    together = 3;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      fill(harness, "a", 0);
      fill(harness, "b", 2);
      process(harness, example("a", 4, 1));
      assertThat(trained(harness)).containsExactly("a1", "b1");
      fill(harness, "b", 5);
      process(harness, command("b", 7, AdapterCommand.PUBLISH));
      assertThat(trained(harness)).containsExactly("a1", "b1", "b2");
      assertThat(candidates(harness)).hasSize(1);
    }
  }

  /** The pass has room for 100 tokens: 2 x 30 and 2 x 20, not 2 x 30 more. */
  @Test
  void trainsTogetherNoMoreTokensThanABatchMayHave() throws Exception {
    together = 9;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      long[] offset = {0};
      for (Map.Entry<String, Integer> each :
          List.of(Map.entry("a", 30), Map.entry("b", 20), Map.entry("c", 30), Map.entry("d", 21))) {
        for (int i = 0; i < 2; i++) {
          process(harness, example(each.getKey(), offset[0]++, new int[each.getValue()]));
        }
      }
      assertThat(trained(harness)).containsExactly("a1", "b1", "c1");
    }
  }

  @Test
  void trainsTogetherWhatHasWaitedLongEnough() throws Exception {
    together = 3;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      harness.setProcessingTime(1_000);
      fill(harness, "a", 0);
      harness.setProcessingTime(1_050);
      fill(harness, "b", 2);
      harness.setProcessingTime(1_099);
      assertThat(trained(harness)).isEmpty();
      harness.setProcessingTime(1_100);
      assertThat(trained(harness)).containsExactly("a1", "b1");
      fill(harness, "c", 4);
      harness.setProcessingTime(1_150);
      assertThat(trained(harness)).hasSize(2);
      harness.setProcessingTime(1_200);
      assertThat(trained(harness)).containsExactly("a1", "b1", "c1");
    }
  }

  @Test
  void trainsTogetherWhatWaitsBeforeABarrierAndAtTheEnd() throws Exception {
    together = 3;
    OperatorSubtaskState state;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      fill(harness, "a", 0);
      harness.prepareSnapshotPreBarrier(1);
      assertThat(trained(harness)).containsExactly("a1");
      state = harness.snapshot(1, 1);
    }
    try (Harness harness = open(ROOMY, 0, 1, state)) {
      fill(harness, "a", 2);
      fill(harness, "b", 4);
      harness.endInput();
      harness.getOperator().finish();
      assertThat(trained(harness)).containsExactly("a2", "b1");
    }
  }

  /** With little room an adapter that is due would have to go before it is trained. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void trainsTogetherWhatItTrainsAlone(int most) throws Exception {
    List<String> alone = run(ROOMY, List.of(1), inputs).stream().sorted().toList();
    together = most;
    assertThat(runTogether(ROOMY)).isEqualTo(alone);
    assertThat(runTogether(TIGHT)).isEqualTo(alone);
  }

  private List<String> runTogether(Bounds bounds) throws Exception {
    List<String> all = new ArrayList<>();
    try (Harness harness = open(bounds, 0, 1, null)) {
      for (TrainingInput input : inputs) {
        process(harness, input);
      }
      harness.prepareSnapshotPreBarrier(1);
      harness.snapshot(1, 1);
      candidates(harness).forEach(candidate -> all.add(candidate.manifest().toString()));
      side(harness, TrainOperator.REPORTS).forEach(report -> all.add(report.toString()));
    }
    return all.stream().sorted().toList();
  }

  private static void fill(Harness harness, String adapterId, long offset) throws Exception {
    process(harness, example(adapterId, offset, 1));
    process(harness, example(adapterId, offset + 1, 1));
  }

  /** Adapter and step of each report. */
  private static List<String> trained(Harness harness) {
    return side(harness, TrainOperator.REPORTS).stream()
        .map(report -> report.getAdapterId() + report.getStep())
        .toList();
  }

  @Test
  void failsForGoodOnStateOfAnUnknownFormat() throws Exception {
    OperatorSubtaskState state;
    try (Harness harness = open(ROOMY, 0, 1, null)) {
      process(harness, example("a", 0, 1));
      harness.snapshot(1, 1);
      harness.writeFormat("a", 99);
      state = harness.snapshot(2, 2);
    }
    try (Harness harness = open(ROOMY, 0, 1, state)) {
      assertThatThrownBy(() -> process(harness, example("a", 1, 1)))
          .isInstanceOf(SuppressRestartsException.class)
          .hasRootCauseInstanceOf(IncompatibleStateException.class)
          .rootCause()
          .hasMessageContaining("adapter a: expected state format 1, found 99");
    }
  }

  /** Cuts the stream evenly, one run after the other, each with so many subtasks. */
  private List<String> run(Bounds bounds, List<Integer> parallelisms, List<TrainingInput> stream)
      throws Exception {
    candidates.clear();
    reports.clear();
    @Nullable OperatorSubtaskState state = null;
    int share = stream.size() / parallelisms.size();
    for (int run = 0; run < parallelisms.size(); run++) {
      List<TrainingInput> part = stream.subList(run * share, (run + 1) * share);
      state = runPart(bounds, parallelisms.get(run), part, state);
    }
    return Stream.of(candidates, reports).flatMap(List::stream).toList();
  }

  private OperatorSubtaskState runPart(
      Bounds bounds,
      int parallelism,
      List<TrainingInput> part,
      @Nullable OperatorSubtaskState state)
      throws Exception {
    OperatorSubtaskState[] states = new OperatorSubtaskState[parallelism];
    for (int subtask = 0; subtask < parallelism; subtask++) {
      @Nullable OperatorSubtaskState mine =
          state == null ? null : repartition(state, parallelism, subtask);
      try (Harness harness = open(bounds, subtask, parallelism, mine)) {
        for (TrainingInput input : part) {
          if (harness.owns(input.adapterId())) {
            process(harness, input);
          }
        }
        // What comes after the last checkpoint of a run is lost with it: nothing does here.
        states[subtask] = harness.snapshot(1, 1);
        candidates(harness).forEach(candidate -> candidates.add(candidate.manifest().toString()));
        side(harness, TrainOperator.REPORTS).forEach(report -> reports.add(report.toString()));
      }
    }
    return AbstractStreamOperatorTestHarness.repackageState(states);
  }

  private static OperatorSubtaskState repartition(
      OperatorSubtaskState state, int parallelism, int subtask) {
    return AbstractStreamOperatorTestHarness.repartitionOperatorState(
        state, MAX_PARALLELISM, 1, parallelism, subtask);
  }

  private static List<Snapshot> candidates(Harness harness) {
    return harness.extractOutputValues().stream()
        .map(PublishRequest::candidate)
        .filter(Objects::nonNull)
        .toList();
  }

  private static void process(Harness harness, TrainingInput input) throws Exception {
    harness.processElement(new StreamRecord<>(input));
  }

  private static <T> List<T> side(Harness harness, OutputTag<T> tag) {
    Collection<StreamRecord<T>> records = harness.getSideOutput(tag);
    return records == null ? List.of() : records.stream().map(StreamRecord::getValue).toList();
  }

  private Harness open(
      Bounds bounds, int subtask, int parallelism, @Nullable OperatorSubtaskState state)
      throws Exception {
    Harness harness =
        new Harness(
            new TrainOperator(plan(bounds), device -> new CountedTraining(together > 1)),
            subtask,
            parallelism);
    if (rocksDb) {
      harness.setStateBackend(new EmbeddedRocksDBStateBackend());
    }
    harness.setup();
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  private TrainPlan plan(Bounds bounds) {
    return new TrainPlan(
        new TrainerConfig(
                "model",
                "auto",
                1,
                new ResLoraConfig(8, 16, Shortcut.BLOCK, 1, 0, List.of("query")),
                new TrainingConfig(
                    2,
                    100,
                    1,
                    1e-3,
                    1e-2,
                    new Schedule(Schedule.Kind.CONSTANT, 0, 1),
                    0.9,
                    0.999,
                    1e-8,
                    0,
                    1,
                    Pooling.MEAN,
                    10,
                    Precision.FLOAT32,
                    1,
                    3,
                    100,
                    Merge.AUTO,
                    new BaselineConfig(0, 0)),
                new SnapshotSchedule(3, Duration.ZERO))
            .together(together),
        null,
        bounds.bytes(),
        bounds.heapBytes(),
        "1.0-test",
        new MetricsPlan(2, 0));
  }

  /** Examples of some adapters in an order that mixes them, each with its own token. */
  private static List<TrainingInput> stream(int examples, int adapters) {
    Random random = new Random(7);
    List<TrainingInput> stream = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      stream.add(example("adapter-" + random.nextInt(adapters), i, random.nextInt(1000)));
    }
    return stream;
  }

  private static TrainingInput example(String adapterId, long offset, int token) {
    return example(adapterId, offset, new int[] {token});
  }

  private static TrainingInput example(String adapterId, long offset, int[] tokens) {
    return TrainingInput.of(
        new TokenizedExample(
            adapterId, "e" + offset, "examples", 0, offset, offset, tokens, null, 0, "x", 1));
  }

  private static TrainingInput command(String adapterId, long offset, AdapterCommand command) {
    return TrainingInput.of(
        new Origin("examples", 0, offset, -1),
        new AdapterControl(adapterId, "c" + offset, Instant.EPOCH, command, null, Map.of()));
  }

  private static final class Harness
      extends KeyedOneInputStreamOperatorTestHarness<String, TrainingInput, PublishRequest> {

    private final TrainOperator train;
    private final int subtask;
    private final int parallelism;

    Harness(TrainOperator operator, int subtask, int parallelism) throws Exception {
      super(operator, TrainingInput::key, Types.STRING, MAX_PARALLELISM, parallelism, subtask);
      this.train = operator;
      this.subtask = subtask;
      this.parallelism = parallelism;
    }

    boolean owns(String adapterId) {
      return KeyGroupRangeAssignment.assignKeyToParallelOperator(
              adapterId, MAX_PARALLELISM, parallelism)
          == subtask;
    }

    boolean stored(String adapterId) throws Exception {
      train.setCurrentKey(adapterId);
      return !train.getKeyedStateStore().getMapState(AdapterStore.DESCRIPTOR).isEmpty();
    }

    /** What another release would have written. */
    void writeFormat(String adapterId, int format) throws Exception {
      train.setCurrentKey(adapterId);
      train
          .getKeyedStateStore()
          .getMapState(AdapterStore.DESCRIPTOR)
          .put(AdapterStore.FORMAT_ENTRY, ByteBuffer.allocate(4).putInt(format).array());
    }
  }
}
