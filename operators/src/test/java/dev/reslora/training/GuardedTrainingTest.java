package dev.reslora.training;

import static dev.reslora.training.Offered.offer;
import static dev.reslora.training.Offered.reports;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.evaluation.DriftConfig.Reaction;
import dev.reslora.evaluation.DriftConfig.Signal;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.model.TestModels;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.PrequentialFigures;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.text.Tokenizer;
import dev.reslora.training.ReplayConfig.Policy;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.Forked;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GuardedTrainingTest {

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @AfterAll
  static void close() {
    OPEN.close();
  }

  /** So easily alarmed that the noise of a loss will do. */
  private static final DriftConfig DRIFT =
      new DriftConfig(
          Detector.PAGE_HINKLEY,
          Signal.LOSS,
          Adwin.Parameters.DEFAULT,
          new PageHinkley.Parameters(10, 0, 1, 1),
          Ddm.Parameters.DEFAULT,
          List.of(
              Reaction.RAISE_LEARNING_RATE,
              Reaction.RESET_MOMENTS,
              Reaction.RENEW_REPLAY,
              Reaction.SNAPSHOT,
              Reaction.FORK),
          3,
          5);

  private static final GateConfig GATE = new GateConfig(4, 64, 0.3, 0.2, 0, 1, 0, 0, 0, true);

  private static GuardConfig guards(AdmissionConfig admission) {
    return guards(admission, DriftConfig.OFF, ReplayConfig.OFF, GateConfig.OFF);
  }

  private static GuardConfig guards(
      AdmissionConfig admission, DriftConfig drift, ReplayConfig replay, GateConfig gate) {
    return new GuardConfig(0.99, 50, admission, drift, replay, gate);
  }

  /** Half are of one source, a quarter of others, a quarter of none. */
  private static TokenizedExample ofSomeSource(TokenizedExample example) {
    long kind = example.offset() % 4;
    return new TokenizedExample(
        example.adapterId(),
        example.exampleId(),
        example.topic(),
        example.partition(),
        example.offset(),
        example.eventTime(),
        example.tokens(),
        null,
        0,
        example.label(),
        example.weight(),
        0,
        kind < 2 ? "busy" : kind == 2 ? "source " + example.offset() % 5 : null,
        false);
  }

  private static GuardConfig all(Policy policy) {
    return guards(
        new AdmissionConfig(
            16, 2, 0.9, List.of(), 3, new SourceConfig(7, Duration.ofSeconds(20), 2)),
        DRIFT,
        new ReplayConfig(policy, 4 << 10, 3, 50),
        GATE);
  }

  private static Trainer open(GuardConfig guards) {
    return Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK).guarded(guards));
  }

  /** Others than the label that an example has. */
  private static TokenizedExample mislabelled(TokenizedExample example) {
    int label = String.valueOf(example.label()).charAt(6) - '0';
    return TrainerConfigs.example(
        (int) example.offset(), example.tokens(), "label-" + (label + 1) % 3);
  }

  @ParameterizedTest
  @EnumSource
  void restoresBitForBitWithEveryGuardOn(Policy policy) {
    List<TokenizedExample> examples =
        TrainerConfigs.examples(403).stream().map(GuardedTrainingTest::ofSomeSource).toList();
    try (Trainer trainer = open(all(policy))) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      long heapBytes;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, examples);
        whole = adapter.checkpoint();
        heapBytes = adapter.heapBytes();
      }
      assertThat(events(events))
          .extracting(AdapterEvent::getKind)
          .contains(AdapterEventKind.DRIFT, AdapterEventKind.CANDIDATE_PROMOTED);
      assertThat(refused(events))
          .filteredOn(refused -> refused.reason() == RejectionReason.SOURCE_LIMIT)
          .isNotEmpty()
          .allMatch(refused -> "busy".equals(refused.example().source()));
      List<TrainingEvent> pieces = new ArrayList<>();
      AdapterTraining adapter = trainer.create("a");
      int begin = 0;
      for (int cut : List.of(3, 50, 51, 199, 230, 300)) {
        pieces.addAll(offer(adapter, examples.subList(begin, cut)));
        SortedMap<String, byte[]> state = adapter.checkpoint();
        adapter.close();
        adapter = trainer.restore("a", state);
        begin = cut;
      }
      pieces.addAll(offer(adapter, examples.subList(begin, examples.size())));
      SortedMap<String, byte[]> end = adapter.checkpoint();
      assertThat(adapter.heapBytes()).isEqualTo(heapBytes);
      adapter.close();
      assertThat(end.keySet()).isEqualTo(whole.keySet());
      end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
      assertThat(reports(pieces)).isEqualTo(reports(events));
      assertThat(events(pieces)).isEqualTo(events(events));
      assertThat(snapshots(pieces))
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(snapshots(events));
      assertThat(forks(events)).isNotEmpty();
      assertThat(forks(pieces))
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(forks(events));
    }
  }

  @Test
  void goesOnFromAStateThatIsOlderThanTheGuards() {
    List<TokenizedExample> examples = TrainerConfigs.examples(100);
    SortedMap<String, byte[]> state;
    try (Trainer trainer = open(GuardConfig.OFF);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, examples.subList(0, 50));
      state = adapter.checkpoint();
      state.keySet().removeIf(name -> name.startsWith("guards."));
    }
    try (Trainer trainer = open(all(Policy.UNIFORM));
        AdapterTraining adapter = trainer.restore("a", state)) {
      assertThat(reports(offer(adapter, examples.subList(50, 100)))).isNotEmpty();
    }
  }

  @Test
  void guardsThatOnlyLookChangeNothingThatIsLearned() {
    GuardConfig looking =
        guards(AdmissionConfig.OFF, withReactions(), ReplayConfig.OFF, GateConfig.OFF);
    assertThat(params(looking)).isEqualTo(params(GuardConfig.OFF));
  }

  private static DriftConfig withReactions(Reaction... reactions) {
    return new DriftConfig(
        DRIFT.detector(),
        DRIFT.signal(),
        DRIFT.adwin(),
        DRIFT.pageHinkley(),
        DRIFT.ddm(),
        List.of(reactions),
        DRIFT.rateFactor(),
        DRIFT.rateSteps());
  }

  private static byte[] params(GuardConfig guards) {
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, TrainerConfigs.examples(200));
      return Objects.requireNonNull(adapter.checkpoint().get("adapter.params#0000"));
    }
  }

  @Test
  void reportsWindowedFiguresThatAddUpToTheBatches() {
    try (Trainer trainer = open(GuardConfig.OFF);
        AdapterTraining adapter = trainer.create("a")) {
      List<StepReport> reports = reports(offer(adapter, TrainerConfigs.examples(160)));
      double correct = reports.stream().mapToDouble(StepReport::getCorrect).sum();
      StepReport last = reports.get(reports.size() - 1);
      PrequentialFigures window = last.getWindow();
      assertThat(window.getExamples()).isEqualTo(160);
      assertThat(window.getAccuracy()).isEqualTo(correct / 160);
      assertThat(window.getCalibrationError()).isBetween(0.0, 1.0);
      assertThat(window.getMacroF1()).isBetween(0.1, 1.0);
      assertThat(last.getBaselineWindow().getExamples()).isBetween(32.0, 160.0);
      assertThat(last.getForgetting()).isNull();
    }
  }

  @Test
  void comparesWithTheBaselineOnTheBatchesThatBothWereAsked() {
    GateConfig gate = new GateConfig(0, 1, 0.05, 0.05, 0, 0.9, 0, 0, 0, false);
    GuardConfig guards =
        new GuardConfig(0.99, 500, AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, gate);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(160));
      List<StepReport> both =
          reports(events).stream().filter(report -> report.getBaselineCorrect() != null).toList();
      assertThat(both).hasSizeLessThan(reports(events).size());
      double more = both.stream().mapToDouble(r -> r.getCorrect() - r.getBaselineCorrect()).sum();
      int examples = both.stream().mapToInt(StepReport::getExamples).sum();
      List<AdapterEvent> candidates = events(events);
      assertThat(candidates.get(candidates.size() - 1).getCriteria())
          .filteredOn(criterion -> criterion.getName().equals("accuracy over baseline"))
          .singleElement()
          .satisfies(
              criterion ->
                  assertThat(criterion.getValue()).isCloseTo(more / examples, within(1e-12)));
    }
  }

  @Test
  void reactsToDriftWithAHigherRateForAWhile() {
    GuardConfig guards =
        guards(
            AdmissionConfig.OFF,
            withReactions(Reaction.RAISE_LEARNING_RATE),
            ReplayConfig.OFF,
            GateConfig.OFF);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(400));
      List<Long> drifts = events(events).stream().map(AdapterEvent::getStep).toList();
      assertThat(events(events))
          .isNotEmpty()
          .allMatch(event -> event.getKind() == AdapterEventKind.DRIFT)
          .allMatch(event -> event.getCause().equals("page-hinkley"));
      for (StepReport report : reports(events).subList(2, 50)) {
        long step = report.getStep();
        boolean raised = drifts.stream().anyMatch(drift -> drift < step && step <= drift + 5);
        assertThat(report.getLearningRate()).as("step %d", step).isEqualTo(raised ? 3e-2 : 1e-2);
      }
    }
  }

  @Test
  void pausesOnDriftWhereThatIsWanted() {
    GuardConfig guards =
        guards(
            AdmissionConfig.OFF, withReactions(Reaction.PAUSE), ReplayConfig.OFF, GateConfig.OFF);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(refused(offer(adapter, TrainerConfigs.examples(400))))
          .isNotEmpty()
          .allMatch(refused -> refused.reason() == RejectionReason.ADAPTER_PAUSED);
    }
  }

  /** The gate would hold every candidate back. */
  private static List<TrainingEvent> drift(SortedMap<String, byte[]> end, Reaction... reactions) {
    GateConfig closed = new GateConfig(0, 1, 0.05, 0.05, 1_000_000, 1, 0, 0, 0, false);
    GuardConfig guards =
        guards(AdmissionConfig.OFF, withReactions(reactions), ReplayConfig.OFF, closed);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(200));
      end.putAll(adapter.checkpoint());
      return events;
    }
  }

  @Test
  void forksWhatItIsWhenThereIsDriftAndLearnsOnAsIfItHadNot() {
    SortedMap<String, byte[]> end = new TreeMap<>();
    SortedMap<String, byte[]> endWithout = new TreeMap<>();
    List<TrainingEvent> events = drift(end, Reaction.FORK);
    List<TrainingEvent> without = drift(endWithout);

    assertThat(reports(events)).isEqualTo(reports(without));
    assertThat(end.remove("fork#0000")).isNotNull();
    assertThat(end.keySet()).isEqualTo(endWithout.keySet());
    end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(endWithout.get(name)));
    assertThat(snapshots(events)).as("the gate is closed").isEmpty();

    List<Long> drifts =
        events(events).stream()
            .filter(event -> event.getKind() == AdapterEventKind.DRIFT)
            .map(AdapterEvent::getStep)
            .toList();
    assertThat(forks(events)).extracting(fork -> fork.fork().step()).isEqualTo(drifts);
    Forked first = forks(events).get(0);
    String id = "a.fork-" + first.fork().step();
    assertThat(first.fork()).hasToString(id);
    assertThat(first.version().trigger()).isEqualTo("fork:a");
    assertThat(first.version().step()).isEqualTo(first.fork().step());
    assertThat(first.version().totalExamples()).isZero();
    assertThat(first.version().trained()).isZero();
    assertThat(first.version().offsets()).isEmpty();
    assertThat(events(events))
        .filteredOn(event -> event.getAdapterId().equals(id))
        .singleElement()
        .satisfies(event -> assertThat(event.getCause()).isEqualTo("fork:a"));
    assertThat(events(events))
        .filteredOn(event -> event.getKind() == AdapterEventKind.DRIFT)
        .first()
        .satisfies(event -> assertThat(event.getMessage()).endsWith("; forked as " + id));

    int examples = 8 * (int) first.fork().step();
    try (Trainer trainer = open(GuardConfig.OFF);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, TrainerConfigs.examples(200).subList(0, examples));
      SnapshotDue then = snapshots(adapter.publish("now")).get(0);
      assertThat(first.version().adapter()).usingRecursiveComparison().isEqualTo(then.adapter());
      assertThat(first.version().fidelity()).isEqualTo(then.fidelity());
    }
  }

  @Test
  void makesNoForkUnderAnIdThatCanBeNoKey() {
    GuardConfig guards =
        guards(AdmissionConfig.OFF, withReactions(Reaction.FORK), ReplayConfig.OFF, GateConfig.OFF);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a".repeat(250))) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(200));
      assertThat(forks(events)).isEmpty();
      assertThat(events(events))
          .isNotEmpty()
          .allMatch(event -> event.getMessage().contains("no fork is made, adapterId: expected"));
    }
  }

  @Test
  void holdsExamplesOutAndSaysSoInTheLedger() {
    GuardConfig guards = guards(AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, GATE);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<SnapshotDue> due = snapshots(offer(adapter, TrainerConfigs.examples(200)));
      assertThat(due).isNotEmpty();
      assertThat(due.get(0).trained()).isEqualTo(32);
      assertThat(due.get(0).skipped()).isEqualTo(10);
      assertThat(due.get(0).offsets()).containsExactly(new OffsetRange("in", 0, 0L, 42L));
    }
  }

  @Test
  void holdsACandidateBackAndCarriesItsLedgerOver() {
    GateConfig gate = new GateConfig(0, 1, 0.05, 0.05, 50, 1, 0, 0, 0, false);
    GuardConfig guards = guards(AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, gate);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(64));
      assertThat(events(events))
          .extracting(AdapterEvent::getKind)
          .containsExactly(AdapterEventKind.CANDIDATE_HELD, AdapterEventKind.CANDIDATE_PROMOTED);
      assertThat(events(events).get(0).getCriteria())
          .containsExactly(
              new Criterion("finite", 1.0, 1.0, true),
              new Criterion("examples", 32.0, 50.0, false));
      SnapshotDue due = snapshots(events).get(0);
      assertThat(due.trained()).isEqualTo(64);
      assertThat(due.offsets()).containsExactly(new OffsetRange("in", 0, 0L, 64L));
    }
  }

  @Test
  void noticesWrongLabelsAndLetsNoVersionPassThatLearnedThem() throws Exception {
    DriftConfig adwin =
        new DriftConfig(
            Detector.ADWIN,
            Signal.ERROR,
            new Adwin.Parameters(0.002, 8, 5, 5, 10),
            PageHinkley.Parameters.DEFAULT,
            Ddm.Parameters.DEFAULT,
            List.of(),
            1,
            0);
    GateConfig gate = new GateConfig(4, 64, 0.1, 0.05, 0, 1, 0, 0, 0, false);
    TrainerConfig real = TrainerConfigs.real(Shortcut.NONE);
    TrainerConfig config =
        new TrainerConfig(
                real.modelDirectory(),
                real.device(),
                real.threads(),
                real.adapter(),
                real.training(),
                new SnapshotSchedule(4, Duration.ZERO))
            .guarded(guards(AdmissionConfig.OFF, adwin, ReplayConfig.OFF, gate));
    try (Trainer trainer = Trainer.open(config);
        Tokenizer tokenizer = Tokenizer.open(TestModels.minilm());
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = TrainerConfigs.sentences(tokenizer, 512);
      List<TrainingEvent> clean = offer(adapter, examples.subList(0, 256));
      assertThat(verdicts(clean)).endsWith(AdapterEventKind.CANDIDATE_PROMOTED);
      // What is held out stays right: only what is trained on is poisoned.
      List<TrainingEvent> poisoned = new ArrayList<>();
      for (TokenizedExample example : examples.subList(256, 512)) {
        boolean heldOut = (example.offset() + 1) % 4 == 0;
        poisoned.addAll(adapter.offer(heldOut ? example : mislabelled(example)));
      }
      assertThat(events(poisoned))
          .extracting(AdapterEvent::getKind)
          .contains(AdapterEventKind.DRIFT);
      assertThat(verdicts(poisoned)).hasSize(3).endsWith(AdapterEventKind.CANDIDATE_HELD);
      AdapterEvent last = events(poisoned).get(events(poisoned).size() - 1);
      assertThat(last.getMessage()).contains("holdout evidence");
      assertThat(reports(poisoned)).as("training goes on").hasSize(12);
    }
  }

  @Test
  void rollsBackOnCommandAndLearnsOnFromThere() {
    GuardConfig guards = guards(AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, GATE);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(events(adapter.obey(control(AdapterCommand.ROLL_BACK, null))))
          .extracting(AdapterEvent::getKind)
          .containsExactly(AdapterEventKind.COMMAND_REFUSED);
      List<SnapshotDue> due = snapshots(offer(adapter, TrainerConfigs.examples(300)));
      SnapshotDue before = due.get(due.size() - 2);
      List<TrainingEvent> events = adapter.obey(control(AdapterCommand.ROLL_BACK, null));
      assertThat(events(events))
          .extracting(AdapterEvent::getKind)
          .containsExactly(AdapterEventKind.ROLLED_BACK, AdapterEventKind.COMMAND_DONE);
      SnapshotDue again = snapshots(events).get(0);
      assertThat(again.trigger()).isEqualTo("command:c");
      assertThat(again.adapter()).usingRecursiveComparison().isEqualTo(before.adapter());
      SnapshotDue now = snapshots(adapter.publish("now")).get(0);
      assertThat(now.adapter()).usingRecursiveComparison().isEqualTo(before.adapter());
    }
  }

  @Test
  void setsTheLearningRateOnCommandAndKeepsItOverARestart() {
    try (Trainer trainer = open(GuardConfig.OFF)) {
      SortedMap<String, byte[]> state;
      List<TokenizedExample> examples = TrainerConfigs.examples(80);
      try (AdapterTraining adapter = trainer.create("a")) {
        List<TrainingEvent> answer = adapter.obey(control(AdapterCommand.CREATE, 5e-3));
        assertThat(events(answer).get(0).getCause()).isEqualTo("c");
        offer(adapter, examples.subList(0, 40));
        state = adapter.checkpoint();
      }
      try (AdapterTraining adapter = trainer.restore("a", state)) {
        assertThat(reports(offer(adapter, examples.subList(40, 48))).get(0).getLearningRate())
            .isEqualTo(5e-3);
        adapter.obey(control(AdapterCommand.SET_LEARNING_RATE, 1e-3));
        assertThat(reports(offer(adapter, examples.subList(48, 56))).get(0).getLearningRate())
            .isEqualTo(1e-3);
      }
    }
  }

  @Test
  void replaysThePastAndTellsWhatIsForgotten() {
    GuardConfig guards =
        guards(
            AdmissionConfig.OFF,
            DriftConfig.OFF,
            new ReplayConfig(Policy.CLASS_BALANCED, 8 << 10, 4, 1),
            GateConfig.OFF);
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<StepReport> reports = reports(offer(adapter, TrainerConfigs.examples(80)));
      assertThat(reports).extracting(StepReport::getReplayed).startsWith(0, 4).endsWith(4);
      assertThat(reports).extracting(StepReport::getExamples).containsOnly(8);
      assertThat(reports.get(9).getForgetting()).isNotNull();
      assertThat(reports.get(9).getTotalExamples()).isEqualTo(80);
    }
  }

  @Test
  void quarantinesExamplesWhoseLossLiesFarOut() {
    GuardConfig guards = guards(new AdmissionConfig(0, 0, 1, List.of(), 1.5));
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TrainingEvent> events = offer(adapter, TrainerConfigs.examples(400));
      assertThat(refused(events))
          .isNotEmpty()
          .allMatch(refused -> refused.reason() == RejectionReason.LOSS_OUTLIER)
          .allMatch(refused -> refused.example().offset() >= 100);
      int quarantined = reports(events).stream().mapToInt(StepReport::getQuarantined).sum();
      assertThat(quarantined).isEqualTo(refused(events).size());
      assertThat(reports(events).get(49).getTotalExamples()).isEqualTo(400 - quarantined);
    }
  }

  @Test
  void refusesDuplicatesAndCountsThemInTheLedger() {
    GuardConfig guards = guards(new AdmissionConfig(100, 0, 1, List.of(), 0));
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = TrainerConfigs.examples(20);
      offer(adapter, examples);
      List<TokenizedExample> again =
          examples.subList(10, 20).stream().map(GuardedTrainingTest::sentAgain).toList();
      List<Refused> refused = refused(offer(adapter, again));
      assertThat(refused).hasSize(10).allMatch(r -> r.reason() == RejectionReason.DUPLICATE);
      assertThat(new HashSet<>(refused.stream().map(r -> r.example().exampleId()).toList()))
          .hasSize(10);
    }
  }

  @Test
  void takesAgainWhatWasRefusedAndNotTrainedOn() {
    GuardConfig guards = guards(new AdmissionConfig(1000, 0, 1, List.of(), 1.5));
    try (Trainer trainer = open(guards);
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = new ArrayList<>(TrainerConfigs.examples(400));
      examples.set(1, weighing(examples.get(1), Float.POSITIVE_INFINITY));
      examples.add(TrainerConfigs.example(400, new int[] {11, 12}, "a fourth label"));
      List<Refused> refused = refused(offer(adapter, examples));
      assertThat(refused)
          .extracting(Refused::reason)
          .contains(
              RejectionReason.NON_FINITE,
              RejectionReason.LOSS_OUTLIER,
              RejectionReason.TOO_MANY_LABELS);
      assertThat(
              refused(offer(adapter, refused.stream().map(r -> sentAgain(r.example())).toList())))
          .extracting(Refused::reason)
          .doesNotContain(RejectionReason.DUPLICATE);
    }
  }

  private static TokenizedExample weighing(TokenizedExample example, float weight) {
    return new TokenizedExample(
        example.adapterId(),
        example.exampleId(),
        example.topic(),
        example.partition(),
        example.offset(),
        example.eventTime(),
        example.tokens(),
        example.segments(),
        example.lossFrom(),
        example.label(),
        weight);
  }

  private static TokenizedExample sentAgain(TokenizedExample example) {
    return new TokenizedExample(
        example.adapterId(),
        example.exampleId(),
        example.topic(),
        example.partition(),
        example.offset() + 1000,
        example.eventTime(),
        example.tokens(),
        example.segments(),
        example.lossFrom(),
        example.label(),
        example.weight());
  }

  private static AdapterControl control(AdapterCommand command, @Nullable Double rate) {
    return new AdapterControl("a", "c", Instant.EPOCH, command, rate, Map.of());
  }

  private static List<SnapshotDue> snapshots(List<TrainingEvent> events) {
    return events.stream()
        .filter(SnapshotDue.class::isInstance)
        .map(SnapshotDue.class::cast)
        .toList();
  }

  private static List<Forked> forks(List<TrainingEvent> events) {
    return events.stream().filter(Forked.class::isInstance).map(Forked.class::cast).toList();
  }

  private static List<AdapterEvent> events(List<TrainingEvent> events) {
    return events.stream()
        .filter(Announced.class::isInstance)
        .map(event -> ((Announced) event).event())
        .toList();
  }

  private static List<AdapterEventKind> verdicts(List<TrainingEvent> events) {
    return events(events).stream()
        .map(AdapterEvent::getKind)
        .filter(kind -> kind != AdapterEventKind.DRIFT)
        .toList();
  }

  private static List<Refused> refused(List<TrainingEvent> events) {
    return events.stream().filter(Refused.class::isInstance).map(Refused.class::cast).toList();
  }
}
