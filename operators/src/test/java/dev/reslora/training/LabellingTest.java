package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.ReplayConfig.Policy;
import dev.reslora.training.TrainingEvent.LabelRefused;
import dev.reslora.training.TrainingEvent.LabelUse;
import dev.reslora.training.TrainingEvent.Labelled;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import dev.reslora.training.TrainingEvent.Stepped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabellingTest {

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  /** Of the event time between two records, which is a second. */
  private static final Duration TIME_OUT = Duration.ofSeconds(20);

  private static final LabelsConfig LABELS = new LabelsConfig(TIME_OUT, 1 << 20, 24);

  @AfterAll
  static void close() {
    OPEN.close();
  }

  private static Trainer open(LabelsConfig labels) {
    return open(labels, GateConfig.OFF);
  }

  private static Trainer open(LabelsConfig labels, GateConfig gate) {
    GuardConfig guards =
        new GuardConfig(
            0.99,
            50,
            new AdmissionConfig(16, 2, 0.9, List.of("label-0", "label-1", "label-2"), 3),
            GuardConfig.OFF.drift(),
            new ReplayConfig(Policy.CLASS_BALANCED, 4 << 10, 3, 50),
            gate,
            ForgettingConfig.OFF,
            labels);
    return Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK).guarded(guards));
  }

  /**
   * Texts with their labels, texts whose labels come up to 30 records later, too late or never,
   * labels without text, of no known class, sent twice, and changed before and after training.
   */
  private static List<Object> stream(int records) {
    Random random = new Random(11);
    List<TokenizedExample> examples = TrainerConfigs.examples(records);
    Map<Integer, LateLabel> due = new HashMap<>();
    List<Object> stream = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      LateLabel late = due.remove(i);
      TokenizedExample example = examples.get(i);
      if (late != null) {
        stream.add(label(i, late.exampleId(), late.label(), late.correction()));
        continue;
      }
      String label = Objects.requireNonNull(example.label());
      String other = "label-" + random.nextInt(4);
      boolean apart = random.nextInt(3) > 0;
      stream.add(apart ? example.labelled(null) : example);
      if (apart && random.nextInt(8) > 0) {
        due.putIfAbsent(i + 1 + random.nextInt(30), label(i, example.exampleId(), label, false));
      }
      if (random.nextInt(5) == 0) {
        boolean correction = random.nextBoolean();
        LateLabel second = label(i, example.exampleId(), other, correction);
        due.putIfAbsent(i + 1 + random.nextInt(40), second);
      }
      if (random.nextInt(20) == 0) {
        due.putIfAbsent(i + 1, label(i, "nobody", label, true));
      }
    }
    return stream;
  }

  private static LateLabel label(int offset, String id, String label, boolean correction) {
    return new LateLabel("a", id, "in", 0, offset, 1_000L * offset, label, correction);
  }

  private static List<TrainingEvent> offer(AdapterTraining adapter, List<?> records) {
    List<TrainingEvent> events = new ArrayList<>();
    for (Object record : records) {
      events.addAll(
          record instanceof LateLabel label
              ? adapter.offer(label)
              : adapter.offer((TokenizedExample) record));
    }
    return events;
  }

  private static <T> List<T> of(Class<T> type, List<TrainingEvent> events) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static List<StepReport> reports(List<TrainingEvent> events) {
    return of(Stepped.class, events).stream().map(Stepped::report).toList();
  }

  private static List<RejectionReason> reasons(List<TrainingEvent> events) {
    return events.stream()
        .flatMap(
            event ->
                event instanceof Refused refused
                    ? Stream.of(refused.reason())
                    : event instanceof LabelRefused refused
                        ? Stream.of(refused.reason())
                        : Stream.empty())
        .toList();
  }

  private static List<LabelUse> uses(List<TrainingEvent> events) {
    return of(Labelled.class, events).stream().map(Labelled::use).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void restoresBitForBitWhereverItStops(int holdoutEvery) {
    GateConfig gate = new GateConfig(holdoutEvery, 64, 0.3, 0.2, 0, 1, 0, 0, 0, false);
    List<Object> stream = stream(400);
    try (Trainer trainer = open(LABELS, gate)) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, stream);
        whole = adapter.checkpoint();
      }
      assertThat(uses(events)).contains(LabelUse.values());
      assertThat(reasons(events))
          .contains(
              RejectionReason.LABEL_TIMED_OUT,
              RejectionReason.LABEL_WITHOUT_TEXT,
              RejectionReason.ALREADY_LABELED,
              RejectionReason.UNKNOWN_LABEL,
              RejectionReason.DUPLICATE);
      List<TrainingEvent> pieces = new ArrayList<>();
      AdapterTraining adapter = trainer.create("a");
      int begin = 0;
      for (int cut = 7; cut < 400; cut += 13) {
        pieces.addAll(offer(adapter, stream.subList(begin, cut)));
        SortedMap<String, byte[]> state = new TreeMap<>(adapter.checkpoint());
        adapter.close();
        adapter = trainer.restore("a", state);
        begin = cut;
      }
      pieces.addAll(offer(adapter, stream.subList(begin, 400)));
      SortedMap<String, byte[]> end = adapter.checkpoint();
      adapter.close();
      assertThat(end.keySet()).isEqualTo(whole.keySet());
      end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
      assertThat(reports(pieces)).isEqualTo(reports(events));
      assertThat(reasons(pieces)).isEqualTo(reasons(events));
      assertThat(of(Labelled.class, pieces)).isEqualTo(of(Labelled.class, events));
      assertThat(of(SnapshotDue.class, pieces))
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(of(SnapshotDue.class, events));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void accountsForEveryRecordInEverySnapshot(int holdoutEvery) {
    GateConfig gate = new GateConfig(holdoutEvery, 64, 0.9, 0.9, 0, 1, 0, 0, 0, false);
    try (Trainer trainer = open(new LabelsConfig(TIME_OUT, 700, 24), gate);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = new ArrayList<>();
      List<Object> stream = stream(600);
      for (int i = 0; i < stream.size(); i++) {
        events.addAll(offer(adapter, stream.subList(i, i + 1)));
        if (i % 7 == 0) {
          events.addAll(adapter.publish("every " + i));
        }
      }
      assertThat(reasons(events)).contains(RejectionReason.LABELS_FULL);
      long accounted = 0;
      long end = 0;
      long waited = 0;
      for (SnapshotDue due : of(SnapshotDue.class, events)) {
        accounted += due.trained() + due.skipped() + due.labelsJoined();
        for (OffsetRange range : due.offsets()) {
          assertThat(range.getFrom()).isEqualTo(end);
          end = range.getTo();
        }
        assertThat(accounted + due.waiting()).as("records up to %d", end).isEqualTo(end);
        waited = Math.max(waited, due.waiting());
      }
      assertThat(end).isGreaterThan(550);
      assertThat(waited).isPositive();
    }
  }

  @Test
  void learnsTheSameAsIfLabelsHadComeWithTheirTexts() {
    List<TokenizedExample> examples = TrainerConfigs.examples(80);
    List<Object> apart = new ArrayList<>();
    int offset = 0;
    for (TokenizedExample example : examples) {
      apart.add(at(offset++, example.labelled(null)));
      apart.add(labelOf(example, offset++));
    }
    assertThat(params(apart)).isEqualTo(params(new ArrayList<>(examples)));
  }

  @Test
  void learnsTheSameAsIfACorrectionBeforeTrainingHadBeenRightFromTheBeginning() {
    List<TokenizedExample> examples = TrainerConfigs.examples(80);
    List<Object> corrected = new ArrayList<>();
    int offset = 0;
    for (TokenizedExample example : examples) {
      boolean wrong = example.offset() % 8 == 2;
      corrected.add(at(offset++, wrong ? example.labelled("label-0") : example));
      if (wrong) {
        corrected.add(labelOf(example, offset++));
      }
    }
    // A label is met where it is first given, so all are met before.
    assertThat(params(withAllLabels(corrected)))
        .isEqualTo(params(withAllLabels(new ArrayList<>(examples))));
  }

  private static LateLabel labelOf(TokenizedExample example, int offset) {
    String label = Objects.requireNonNull(example.label());
    return new LateLabel(
        "a", example.exampleId(), "in", 0, offset, example.eventTime(), label, false);
  }

  private static List<Object> withAllLabels(List<Object> records) {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int offset = 1_000 + i;
      all.add(TrainerConfigs.example(offset, new int[] {9, 10 + i}, "label-" + i % 3));
    }
    all.addAll(records);
    return all;
  }

  private static TokenizedExample at(int offset, TokenizedExample example) {
    return new TokenizedExample(
        "a",
        example.exampleId(),
        "in",
        0,
        offset,
        example.eventTime(),
        example.tokens(),
        null,
        0,
        example.label(),
        1);
  }

  private static byte @Nullable [] params(List<Object> records) {
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(reports(offer(adapter, records))).hasSizeGreaterThan(8);
      return adapter.checkpoint().get("adapter.params#0000");
    }
  }

  @Test
  void refusesATextWhoseLabelDoesNotComeInTime() {
    List<TokenizedExample> texts =
        TrainerConfigs.examples(30).stream().map(example -> example.labelled(null)).toList();
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(reasons(offer(adapter, texts.subList(0, 22))))
          .as("one record says that the first text is over")
          .isEmpty();
      List<TrainingEvent> next = offer(adapter, texts.subList(22, 23));
      assertThat(of(Refused.class, next))
          .singleElement()
          .satisfies(refused -> assertThat(refused.example().offset()).isZero())
          .satisfies(
              refused -> assertThat(refused.reason()).isEqualTo(RejectionReason.LABEL_TIMED_OUT));
      assertThat(reasons(adapter.offer(label(23, "e0", "label-0", false))))
          .as("the text of offset 1 is over too")
          .containsExactly(RejectionReason.LABEL_TIMED_OUT, RejectionReason.LABEL_WITHOUT_TEXT);
    }
  }

  @Test
  void isNotUpsetByOneRecordOfAWrongTime() {
    List<TokenizedExample> texts =
        TrainerConfigs.examples(30).stream().map(example -> example.labelled(null)).toList();
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, texts.subList(0, 3));
      assertThat(reasons(adapter.offer(future(3))))
          .containsExactly(RejectionReason.LABEL_WITHOUT_TEXT);
      assertThat(reasons(offer(adapter, texts.subList(4, 10)))).isEmpty();
      assertThat(uses(adapter.offer(label(10, "e0", "label-0", false))))
          .containsExactly(LabelUse.JOINED);
    }
  }

  @Test
  void timesOutWhatWaitsWhenTwoRecordsInARowAreOfAWrongTimeAndNothingElse() {
    List<TokenizedExample> texts =
        TrainerConfigs.examples(30).stream().map(example -> example.labelled(null)).toList();
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, texts.subList(0, 2));
      adapter.offer(future(2));
      assertThat(reasons(adapter.offer(future(3))))
          .containsExactly(
              RejectionReason.LABEL_TIMED_OUT,
              RejectionReason.LABEL_TIMED_OUT,
              RejectionReason.LABEL_WITHOUT_TEXT);
      assertThat(reasons(offer(adapter, texts.subList(4, 10)))).isEmpty();
      assertThat(reasons(adapter.offer(at(11, texts.get(0)))))
          .as("what has timed out may be sent again")
          .isEmpty();
    }
  }

  private static LateLabel future(int offset) {
    return new LateLabel("a", "x", "in", 0, offset, Long.MAX_VALUE / 2, "label-0", false);
  }

  @Test
  void letsATextWaitOnWhenALabelIsNoneOfThoseTaken() {
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      adapter.offer(TrainerConfigs.examples(1).get(0).labelled(null));
      assertThat(reasons(adapter.offer(label(1, "e0", "label-9", false))))
          .containsExactly(RejectionReason.UNKNOWN_LABEL);
      assertThat(uses(adapter.offer(label(2, "e0", "label-1", false))))
          .containsExactly(LabelUse.JOINED);
      assertThat(reasons(adapter.offer(label(3, "e0", "label-1", false))))
          .containsExactly(RejectionReason.DUPLICATE);
    }
  }

  @Test
  void trainsAnewWhatIsCorrectedWithinTheWindowAndForgetsWhatWasWrong() {
    List<TokenizedExample> examples = TrainerConfigs.examples(60);
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, examples.subList(0, 40));
      TokenizedExample wrong = examples.get(36);
      String other = "label-" + (Objects.requireNonNull(wrong.label()).equals("label-0") ? 1 : 0);
      assertThat(reasons(adapter.offer(label(40, "e36", other, false))))
          .containsExactly(RejectionReason.ALREADY_LABELED);
      assertThat(uses(adapter.offer(label(41, "e36", other, true))))
          .containsExactly(LabelUse.RETRAINED);
      assertThat(reasons(adapter.offer(label(42, "e0", other, true))))
          .as("out of the window of 24")
          .containsExactly(RejectionReason.LABEL_WITHOUT_TEXT);
      List<StepReport> reports = reports(offer(adapter, examples.subList(43, 50)));
      assertThat(reports).hasSize(1);
      assertThat(reports.get(0).getOffsets()).containsExactly(new OffsetRange("in", 0, 36L, 50L));
      assertThat(reports.get(0).getTotalExamples()).isEqualTo(48);
    }
  }

  @Test
  void keepsWithinItsBytes() {
    try (Trainer trainer = open(new LabelsConfig(Duration.ofDays(1_000), 10_000, 0));
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = new ArrayList<>();
      for (TokenizedExample example : TrainerConfigs.examples(2_000)) {
        events.addAll(adapter.offer(example.labelled(null)));
      }
      assertThat(reasons(events))
          .hasSizeGreaterThan(1_850)
          .containsOnly(RejectionReason.LABELS_FULL);
      byte[] waiting = Objects.requireNonNull(adapter.checkpoint().get("labels.waiting#0000"));
      assertThat(waiting.length).isLessThan(10_000);
    }
  }

  @Test
  void handsBackWhatWaitsWhenTheAdapterIsDeleted() {
    try (Trainer trainer = open(LABELS);
        AdapterTraining adapter = trainer.create("a")) {
      adapter.offer(TrainerConfigs.examples(1).get(0).labelled(null));
      AdapterControl delete =
          new AdapterControl("a", "c", Instant.EPOCH, AdapterCommand.DELETE, null, Map.of());
      assertThat(reasons(adapter.obey(delete))).containsExactly(RejectionReason.ADAPTER_DELETED);
    }
  }

  @Test
  void refusesBothWhereLabelsAreNotTakenLater() {
    try (Trainer trainer = open(LabelsConfig.OFF);
        AdapterTraining adapter = trainer.create("a")) {
      List<Object> records =
          List.of(
              TrainerConfigs.examples(1).get(0).labelled(null), label(1, "e0", "label-0", true));
      assertThat(reasons(offer(adapter, records)))
          .containsExactly(
              RejectionReason.UNSUPPORTED_PAYLOAD, RejectionReason.UNSUPPORTED_PAYLOAD);
      assertThat(adapter.checkpoint().keySet()).noneMatch(name -> name.startsWith("labels."));
    }
  }
}
