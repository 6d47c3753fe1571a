package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.ForgettingConfig.Anchor;
import dev.reslora.training.ForgettingConfig.Boundary;
import dev.reslora.training.ForgettingConfig.Teacher;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ForgettingTest {

  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(120);

  /** So easily alarmed that the noise of a loss will do; nothing follows. */
  private static final DriftConfig DRIFT =
      new DriftConfig(
          DriftConfig.Detector.PAGE_HINKLEY,
          DriftConfig.Signal.LOSS,
          Adwin.Parameters.DEFAULT,
          new PageHinkley.Parameters(10, 0, 0.5, 1),
          Ddm.Parameters.DEFAULT,
          List.of(),
          1,
          0);

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @AfterAll
  static void close() {
    OPEN.close();
  }

  private static ForgettingConfig l2sp(double alpha, double beta, Anchor anchor) {
    ForgettingConfig off = ForgettingConfig.OFF;
    return new ForgettingConfig(alpha, beta, anchor, 0, off.ewcDecay(), off.ewcAt(), 0, off.klTo());
  }

  private static ForgettingConfig ewc(double lambda, double decay, Boundary at) {
    ForgettingConfig off = ForgettingConfig.OFF;
    return new ForgettingConfig(0, 0, off.anchor(), lambda, decay, at, 0, off.klTo());
  }

  private static ForgettingConfig kl(double weight, Teacher to) {
    ForgettingConfig off = ForgettingConfig.OFF;
    return new ForgettingConfig(0, 0, off.anchor(), 0, off.ewcDecay(), off.ewcAt(), weight, to);
  }

  private static Trainer open(ForgettingConfig forgetting) {
    GuardConfig off = GuardConfig.OFF;
    return Trainer.open(
        TrainerConfigs.tiny(Shortcut.BLOCK)
            .guarded(
                new GuardConfig(
                    off.fadingFactor(),
                    off.window(),
                    off.admission(),
                    DRIFT,
                    off.replay(),
                    off.gate(),
                    forgetting,
                    off.labels())));
  }

  private static Stream<ForgettingConfig> all() {
    return Stream.of(
        l2sp(0.1, 0.01, Anchor.START),
        l2sp(0.1, 0.01, Anchor.PUBLISHED),
        ewc(10, 0.9, Boundary.PUBLISHED),
        ewc(10, 0.5, Boundary.EITHER),
        kl(0.5, Teacher.PUBLISHED));
  }

  @ParameterizedTest
  @MethodSource("all")
  void restoresBitForBit(ForgettingConfig forgetting) {
    try (Trainer trainer = open(forgetting)) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, EXAMPLES);
        whole = adapter.checkpoint();
      }
      assertThat(events).anyMatch(SnapshotDue.class::isInstance);
      AdapterTraining adapter = trainer.create("a");
      int begin = 0;
      for (int cut : List.of(3, 20, 33, 64, 90)) {
        offer(adapter, EXAMPLES.subList(begin, cut));
        SortedMap<String, byte[]> state = adapter.checkpoint();
        adapter.close();
        adapter = trainer.restore("a", state);
        begin = cut;
      }
      offer(adapter, EXAMPLES.subList(begin, EXAMPLES.size()));
      SortedMap<String, byte[]> end = adapter.checkpoint();
      adapter.close();
      assertThat(end.keySet()).isEqualTo(whole.keySet());
      end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void goesOnFromAStateThatIsOlderThanIt(ForgettingConfig forgetting) {
    SortedMap<String, byte[]> older = state(ForgettingConfig.OFF, 40);
    try (Trainer trainer = open(forgetting);
        AdapterTraining adapter = trainer.restore("a", older)) {
      offer(adapter, EXAMPLES.subList(40, 120));
      assertThat(adapter.checkpoint().keySet()).containsAll(older.keySet());
      assertThat(adapter.checkpoint()).hasSizeGreaterThan(older.size());
    }
  }

  @Test
  void takesNoMemoryAndNoStateWhereItIsOff() {
    try (Trainer off = open(ForgettingConfig.OFF);
        Trainer on = open(l2sp(0.1, 0, Anchor.START));
        AdapterTraining without = off.create("a");
        AdapterTraining with = on.create("a")) {
      offer(without, EXAMPLES.subList(0, 8));
      offer(with, EXAMPLES.subList(0, 8));
      int params = section(without.checkpoint(), "adapter.params").length;
      assertThat(with.bytes() - without.bytes()).isEqualTo(params);
      assertThat(with.checkpoint().keySet()).contains("adapter.anchor#0000");
      assertThat(without.checkpoint().keySet()).doesNotContain("adapter.anchor#0000");
    }
  }

  @Test
  void staysNearerToItsStartTheHarderItIsPulled() {
    double free = distance(ForgettingConfig.OFF);
    double pulled = distance(l2sp(0.1, 0, Anchor.START));
    double held = distance(l2sp(10, 0, Anchor.START));
    assertThat(pulled).isLessThan(free);
    assertThat(held).isLessThan(pulled);
  }

  /** Of the factors from where they began, squared. */
  private static double distance(ForgettingConfig forgetting) {
    float[] start = floats(section(state(forgetting, 0), "adapter.params"));
    float[] end = floats(section(state(forgetting, 120), "adapter.params"));
    return distance(end, start, 0, start.length);
  }

  @Test
  void restoresBitForBitWithTheBaselineForATeacher() {
    restoresBitForBit(kl(0.5, Teacher.BASE));
  }

  /**
   * Eight examples fill a batch, 32 warm the baseline up, and the first version comes with them.
   */
  @ParameterizedTest
  @EnumSource(Teacher.class)
  void learnsFromATeacherAsSoonAsThereIsOne(Teacher to) {
    byte[] alone = section(state(ForgettingConfig.OFF, 24), "adapter.params");
    assertThat(section(state(kl(0.5, to), 24), "adapter.params")).isEqualTo(alone);
    byte[] later = section(state(ForgettingConfig.OFF, 48), "adapter.params");
    assertThat(section(state(kl(0.5, to), 48), "adapter.params")).isNotEqualTo(later);
  }

  @Test
  void keepsTheLatestPublishedVersionForATeacher() {
    SortedMap<String, byte[]> state = state(kl(0.5, Teacher.PUBLISHED), 64);
    assertThat(section(state, "adapter.published.params"))
        .isEqualTo(section(state, "adapter.params"));
    try (Trainer off = open(ForgettingConfig.OFF);
        Trainer on = open(kl(0.5, Teacher.PUBLISHED));
        AdapterTraining without = off.restore("a", state);
        AdapterTraining with = on.restore("a", state)) {
      int params = section(state, "adapter.params").length;
      assertThat(with.bytes() - without.bytes()).isEqualTo(params);
    }
  }

  /** By its own definition: what one micro-batch adds is n g^2, and g is AdamW's first moment. */
  @Test
  void gathersTheSquaredGradientOfAMicroBatch() {
    SortedMap<String, byte[]> state = state(ewc(10, 0.9, Boundary.PUBLISHED), 8);
    float[] squares = floats(section(state, "adapter.ewc.squares"));
    float[] moment = floats(section(state, "adapter.moment1"));
    // The first step is clipped or not as a whole, so squares and moments agree up to a factor.
    double factor = 0;
    for (int i = 0; i < squares.length; i++) {
      if (Math.abs(moment[i]) > 1e-4) {
        factor = Math.max(factor, squares[i] / (8 * Math.pow(moment[i] / 0.1, 2)));
      }
    }
    assertThat(factor).isGreaterThanOrEqualTo(1 - 1e-4);
    for (int i = 0; i < squares.length; i++) {
      double expected = factor * 8 * Math.pow(moment[i] / 0.1, 2);
      assertThat((double) squares[i]).isCloseTo(expected, within(1e-3 * expected + 1e-12));
    }
  }

  @Test
  void consolidatesWithEachVersionOrAtADrift() {
    SortedMap<String, byte[]> published = state(ewc(1e-9, 0.9, Boundary.PUBLISHED), 32);
    assertThat(section(published, "adapter.ewc.center"))
        .isEqualTo(section(published, "adapter.params"));
    assertThat(floats(section(published, "adapter.ewc.squares"))).containsOnly(0);
    SortedMap<String, byte[]> drift = state(ewc(1e-9, 0.9, Boundary.DRIFT), 32);
    assertThat(section(drift, "adapter.params")).isEqualTo(section(published, "adapter.params"));
    assertThat(section(drift, "adapter.ewc.center")).isNotEqualTo(section(drift, "adapter.params"));
    try (Trainer trainer = open(ewc(1e-9, 0.9, Boundary.DRIFT));
        AdapterTraining adapter = trainer.create("a")) {
      for (TokenizedExample example : EXAMPLES) {
        boolean drifts =
            adapter.offer(example).stream()
                .anyMatch(
                    event ->
                        event instanceof Announced announced
                            && announced.event().getKind() == AdapterEventKind.DRIFT);
        if (drifts) {
          SortedMap<String, byte[]> state = adapter.checkpoint();
          assertThat(section(state, "adapter.ewc.center"))
              .isEqualTo(section(state, "adapter.params"));
          float[] fisher = floats(section(state, "adapter.ewc.fisher"));
          assertThat(distance(fisher, new float[fisher.length], 0, fisher.length)).isPositive();
          return;
        }
      }
    }
    throw new AssertionError("expected a drift");
  }

  @Test
  void holdsWhatHasFisherInformationAndLetsTheRestGo() {
    SortedMap<String, byte[]> begun = state(ewc(10, 1, Boundary.PUBLISHED), 0);
    float[] start = floats(section(begun, "adapter.params"));
    float[] free = afterThreeSteps(begun);
    ByteBuffer fisher = ByteBuffer.allocate(4 * start.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 100; i++) {
      fisher.putFloat(4 * i, 1);
    }
    begun.put("adapter.ewc.fisher#0000", fisher.array());
    float[] held = afterThreeSteps(begun);
    assertThat(distance(held, start, 0, 100)).isLessThan(0.8 * distance(free, start, 0, 100));
    assertThat(distance(held, start, 100, start.length))
        .isGreaterThan(0.8 * distance(free, start, 100, start.length));
  }

  private static float[] afterThreeSteps(SortedMap<String, byte[]> begun) {
    try (Trainer trainer = open(ewc(10, 1, Boundary.PUBLISHED));
        AdapterTraining adapter = trainer.restore("a", begun)) {
      offer(adapter, EXAMPLES.subList(0, 24));
      return floats(section(adapter.checkpoint(), "adapter.params"));
    }
  }

  private static double distance(float[] a, float[] b, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += Math.pow((double) a[i] - b[i], 2);
    }
    return sum;
  }

  /** Versions come every four steps of eight examples. */
  @Test
  void theAnchorIsTheStartOrMovesWithThePublishedVersions() {
    byte[] published = section(state(l2sp(1e-9, 0, Anchor.PUBLISHED), 64), "adapter.anchor");
    assertThat(published)
        .isEqualTo(section(state(l2sp(1e-9, 0, Anchor.PUBLISHED), 64), "adapter.params"))
        .isEqualTo(section(state(l2sp(1e-9, 0, Anchor.PUBLISHED), 80), "adapter.anchor"));
    float[] start = floats(section(state(ForgettingConfig.OFF, 0), "adapter.params"));
    float[] anchor = floats(section(state(l2sp(1e-9, 0, Anchor.START), 64), "adapter.anchor"));
    assertThat(anchor).startsWith(start).endsWith(new float[anchor.length - start.length]);
  }

  private static SortedMap<String, byte[]> state(ForgettingConfig forgetting, int examples) {
    try (Trainer trainer = open(forgetting);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, EXAMPLES.subList(0, examples));
      return adapter.checkpoint();
    }
  }

  private static byte[] section(SortedMap<String, byte[]> state, String name) {
    return Objects.requireNonNull(state.get(name + "#0000"), name);
  }

  private static float[] floats(byte[] bytes) {
    float[] numbers = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
    return numbers;
  }

  private static List<TrainingEvent> offer(
      AdapterTraining adapter, List<TokenizedExample> examples) {
    List<TrainingEvent> events = new ArrayList<>();
    examples.forEach(example -> events.addAll(adapter.offer(example)));
    return events;
  }
}
