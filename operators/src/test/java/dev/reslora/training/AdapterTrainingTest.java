package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.text.Tokenizer;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTrainingTest {

  /** Holds the tiny base model, so that its kernels are compiled once. */
  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @AfterAll
  static void close() {
    OPEN.close();
  }

  @ParameterizedTest
  @EnumSource
  void learnsToTellTextsApart(Shortcut shortcut) throws Exception {
    try (Trainer trainer = Trainer.open(TrainerConfigs.real(shortcut));
        Tokenizer tokenizer = Tokenizer.open(TestModels.minilm());
        AdapterTraining adapter = trainer.create("a")) {
      List<StepReport> reports = reports(offer(adapter, TrainerConfigs.sentences(tokenizer, 192)));
      assertThat(reports).hasSize(12).allMatch(r -> r.getOutcome() == StepOutcome.TRAINED);
      assertThat(reports.get(0).getCorrect()).isLessThan(12.0);
      assertThat(reports.get(11).getCorrect()).isGreaterThan(14.0);
      assertThat(reports.get(11).getLoss()).isLessThan(reports.get(0).getLoss() / 3);
      assertThat(reports.stream().filter(r -> r.getBaselineCorrect() != null)).hasSize(6);
    }
  }

  @ParameterizedTest
  @EnumSource
  void restoresAndGoesOnAsIfNothingHadHappened(Shortcut shortcut) {
    TrainerConfig config =
        TrainerConfigs.with(
            TrainerConfigs.tiny(shortcut).adapter(), TrainerConfigs.training(8, 3, 1e-2));
    List<TokenizedExample> examples = TrainerConfigs.examples(203);
    try (Trainer trainer = Trainer.open(config)) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, examples);
        whole = adapter.checkpoint();
      }
      for (int cut : List.of(0, 5, 16, 99, 150)) {
        List<TrainingEvent> twice = new ArrayList<>();
        SortedMap<String, byte[]> middle;
        try (AdapterTraining adapter = trainer.create("a")) {
          twice.addAll(offer(adapter, examples.subList(0, cut)));
          middle = adapter.checkpoint();
        }
        try (AdapterTraining adapter = trainer.restore("a", middle)) {
          assertThat(adapter.changed()).isFalse();
          twice.addAll(offer(adapter, examples.subList(cut, examples.size())));
          SortedMap<String, byte[]> end = adapter.checkpoint();
          assertThat(end.keySet()).isEqualTo(whole.keySet());
          end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
        }
        assertThat(reports(twice)).isEqualTo(reports(events));
        assertThat(snapshots(twice))
            .usingRecursiveFieldByFieldElementComparator()
            .isEqualTo(snapshots(events));
      }
    }
  }

  @Test
  void snapshotsTileTheOffsetsAndCountTheExamples() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.INPUT));
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(100));
      events.addAll(adapter.publish("c1"));
      List<TrainingEvent.SnapshotDue> snapshots = snapshots(events);
      assertThat(snapshots).hasSize(4);
      assertThat(snapshots.stream().flatMap(s -> s.offsets().stream()))
          .containsExactly(
              new OffsetRange("in", 0, 0L, 32L),
              new OffsetRange("in", 0, 32L, 64L),
              new OffsetRange("in", 0, 64L, 96L));
      assertThat(snapshots)
          .extracting(TrainingEvent.SnapshotDue::trained)
          .containsExactly(32L, 32L, 32L, 0L);
      assertThat(snapshots.get(3).trigger()).isEqualTo("command:c1");
      assertThat(snapshots.get(2).fidelity().getExamples()).isPositive();
      assertThat(snapshots.get(2).fidelity().getMerge()).isEqualTo("least-squares");
      assertThat(snapshots.get(2).fidelity().getKl()).isBetween(0.0, 0.5);
      assertThat(snapshots.get(2).layers())
          .isNotEmpty()
          .allMatch(layer -> layer.getError() <= snapshots.get(2).fidelity().getWorstLayerError())
          .anyMatch(layer -> layer.getR2() != null && layer.getR2() > 0.1 && layer.getR2() < 1);
    }
  }

  @Test
  void publishesBeforeAnythingWasTrained() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.MIDDLE));
        AdapterTraining adapter = trainer.create("a")) {
      TrainingEvent.SnapshotDue due = snapshots(adapter.publish("c")).get(0);
      assertThat(due.offsets()).isEmpty();
      assertThat(due.adapter().factors()).allSatisfy(f -> assertThat(f.b()).containsOnly(0f));
    }
  }

  /** Archives are streams too. */
  @Test
  void saysEventTimesBefore1970() {
    long time = -2_000_000_000_000L;
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(snapshots(adapter.publish("c1")).get(0).eventTime()).isZero();
      for (int i = 0; i < 8; i++) {
        adapter.offer(
            new TokenizedExample(
                "a", "e", "in", 0, i, time, new int[] {5, 6}, null, 0, "label", 1));
      }
      assertThat(snapshots(adapter.publish("c2")).get(0).eventTime()).isEqualTo(time);
    }
  }

  /** No criterion is configured here; numbers that no server takes stay back all the same. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void holdsBackWhatIsNotFinite(boolean ofFactors) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE))) {
      SortedMap<String, byte[]> state;
      try (AdapterTraining adapter = trainer.create("a")) {
        offer(adapter, TrainerConfigs.examples(8));
        state = adapter.checkpoint();
      }
      ByteBuffer params = ByteBuffer.wrap(state.get("adapter.params#0000"));
      params
          .order(ByteOrder.LITTLE_ENDIAN)
          .putFloat(ofFactors ? 0 : params.limit() - Float.BYTES, Float.POSITIVE_INFINITY);
      try (AdapterTraining adapter = trainer.restore("a", state)) {
        List<TrainingEvent> events = adapter.publish("c1");
        assertThat(snapshots(events)).isEmpty();
        assertThat(events)
            .filteredOn(TrainingEvent.Announced.class::isInstance)
            .extracting(event -> ((TrainingEvent.Announced) event).event().getMessage())
            .contains("not met: finite");
      }
    }
  }

  /** A second to an example, eight examples to a step. */
  private static TrainerConfig everyFortySeconds() {
    TrainerConfig tiny = TrainerConfigs.tiny(Shortcut.NONE);
    return new TrainerConfig(
        tiny.modelDirectory(),
        tiny.device(),
        tiny.threads(),
        tiny.adapter(),
        tiny.training(),
        new SnapshotSchedule(0, Duration.ofSeconds(40)));
  }

  /** Examples whose clock is wrong from one offset to before another. */
  private static List<TokenizedExample> wrong(int from, int to, Instant time) {
    return TrainerConfigs.examples(240).stream()
        .map(
            example ->
                example.offset() < from || example.offset() >= to
                    ? example
                    : new TokenizedExample(
                        "a",
                        example.exampleId(),
                        "in",
                        0,
                        example.offset(),
                        time.toEpochMilli(),
                        example.tokens(),
                        null,
                        0,
                        example.label(),
                        1))
        .toList();
  }

  private static List<Long> scheduled(List<TrainingEvent> events) {
    assertThat(snapshots(events)).extracting(SnapshotDue::trigger).containsOnly("event-time");
    return snapshots(events).stream().map(SnapshotDue::step).toList();
  }

  @Test
  void keepsToItsScheduleInEventTimeWhateverAFewClocksSay() {
    Instant future = Instant.parse("2206-01-01T00:00:00Z");
    List<Long> everyFive = List.of(6L, 11L, 16L, 21L, 26L);
    try (Trainer trainer = Trainer.open(everyFortySeconds())) {
      for (List<TokenizedExample> examples :
          List.of(wrong(0, 0, future), wrong(12, 15, future), wrong(0, 3, Instant.EPOCH))) {
        SortedMap<String, byte[]> state;
        List<TrainingEvent> events;
        try (AdapterTraining adapter = trainer.create("a")) {
          events = offer(adapter, examples.subList(0, 100));
          state = adapter.checkpoint();
        }
        try (AdapterTraining adapter = trainer.restore("a", state)) {
          events.addAll(offer(adapter, examples.subList(100, 240)));
        }
        assertThat(scheduled(events)).isEqualTo(everyFive);
      }
    }
  }

  @Test
  void findsItsScheduleAgainAfterAWholeBatchOfWrongClocks() {
    try (Trainer trainer = Trainer.open(everyFortySeconds())) {
      try (AdapterTraining adapter = trainer.create("a")) {
        Instant future = Instant.parse("2206-01-01T00:00:00Z");
        assertThat(scheduled(offer(adapter, wrong(16, 24, future))))
            .as("one at the wrong batch, the next five batches after the first right one")
            .containsExactly(3L, 9L, 14L, 19L, 24L, 29L);
      }
      try (AdapterTraining adapter = trainer.create("a")) {
        assertThat(scheduled(offer(adapter, wrong(16, 24, Instant.parse("1970-01-01T00:00:00Z")))))
            .as("the past is nearer than the interval")
            .containsExactly(6L, 11L, 16L, 21L, 26L);
      }
    }
  }

  /** What a release that went by the latest event time has left behind. */
  @Test
  void findsItsScheduleAgainWhereAnOlderStateHasLostIt() {
    try (Trainer trainer = Trainer.open(everyFortySeconds())) {
      SortedMap<String, byte[]> state;
      try (AdapterTraining adapter = trainer.create("a")) {
        offer(adapter, wrong(0, 8, Instant.parse("2206-01-01T00:00:00Z")).subList(0, 8));
        state = adapter.checkpoint();
      }
      state.remove("batch.event-time#0000");
      try (AdapterTraining adapter = trainer.restore("a", state)) {
        assertThat(scheduled(offer(adapter, TrainerConfigs.examples(240).subList(8, 240))))
            .containsExactly(7L, 12L, 17L, 22L, 27L);
      }
    }
  }

  @Test
  void refusesWhileItIsPausedAndCountsIt() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = TrainerConfigs.examples(20);
      offer(adapter, examples.subList(0, 3));
      adapter.pause(true);
      List<TrainingEvent> refused = offer(adapter, examples.subList(3, 6));
      assertThat(refused)
          .allSatisfy(
              e ->
                  assertThat(((TrainingEvent.Refused) e).reason())
                      .isEqualTo(RejectionReason.ADAPTER_PAUSED));
      assertThat(snapshots(adapter.publish("early")).get(0).skipped()).isZero();
      adapter.pause(false);
      offer(adapter, examples.subList(6, 11));
      TrainingEvent.SnapshotDue due = snapshots(adapter.publish("late")).get(0);
      assertThat(due.trained()).isEqualTo(8);
      assertThat(due.skipped()).isEqualTo(3);
      assertThat(due.offsets()).containsExactly(new OffsetRange("in", 0, 0L, 11L));
    }
  }

  @Test
  void refusesALabelTooMany() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, TrainerConfigs.examples(16));
      List<TrainingEvent> events =
          adapter.offer(TrainerConfigs.example(99, new int[] {11, 12}, "a fourth"));
      assertThat(events).singleElement().isInstanceOf(TrainingEvent.Refused.class);
      TrainingEvent.Refused refused = (TrainingEvent.Refused) events.get(0);
      assertThat(refused.reason()).isEqualTo(RejectionReason.TOO_MANY_LABELS);
      assertThat(refused.message()).contains("a fourth").contains("training.max-labels");
    }
  }

  @Test
  void quarantinesBatchesThatAreNotFiniteAndPausesInTheEnd() {
    ResLoraConfig adapterConfig = TrainerConfigs.tiny(Shortcut.INPUT).adapter();
    TrainerConfig config = TrainerConfigs.with(adapterConfig, TrainerConfigs.training(4, 1, 1e30));
    try (Trainer trainer = Trainer.open(config);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(40));
      List<StepReport> skipped =
          reports(events).stream()
              .filter(r -> r.getOutcome() == StepOutcome.SKIPPED_NON_FINITE)
              .toList();
      assertThat(skipped).hasSize(2);
      List<TrainingEvent.Refused> refused = refused(events);
      assertThat(refused).filteredOn(r -> r.reason() == RejectionReason.NON_FINITE).hasSize(8);
      assertThat(refused)
          .last()
          .extracting(TrainingEvent.Refused::reason)
          .isEqualTo(RejectionReason.ADAPTER_PAUSED);
    }
  }

  @Test
  void refusesStateOfAnotherShapeByName() {
    SortedMap<String, byte[]> state;
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.INPUT));
        AdapterTraining adapter = trainer.create("a")) {
      state = adapter.checkpoint();
    }
    try (Trainer other = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK))) {
      assertThatThrownBy(() -> other.restore("a", state))
          .isInstanceOf(IncompatibleStateException.class)
          .hasMessageContaining("its state has shortcut input")
          .hasMessageContaining("configuration shortcut block");
    }
  }

  @Test
  void keepsEntriesSmall() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(adapter.checkpoint().values()).allMatch(bytes -> bytes.length <= 4 << 20);
      assertThat(adapter.changed()).isFalse();
    }
  }

  private static List<TrainingEvent> offer(
      AdapterTraining adapter, List<TokenizedExample> examples) {
    List<TrainingEvent> events = new ArrayList<>();
    examples.forEach(example -> events.addAll(adapter.offer(example)));
    return events;
  }

  private static List<StepReport> reports(List<TrainingEvent> events) {
    return events.stream()
        .filter(TrainingEvent.Stepped.class::isInstance)
        .map(event -> ((TrainingEvent.Stepped) event).report())
        .toList();
  }

  private static List<TrainingEvent.SnapshotDue> snapshots(List<TrainingEvent> events) {
    return events.stream()
        .filter(TrainingEvent.SnapshotDue.class::isInstance)
        .map(TrainingEvent.SnapshotDue.class::cast)
        .toList();
  }

  private static List<TrainingEvent.Refused> refused(List<TrainingEvent> events) {
    return events.stream()
        .filter(TrainingEvent.Refused.class::isInstance)
        .map(TrainingEvent.Refused.class::cast)
        .toList();
  }
}
