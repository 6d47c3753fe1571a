package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.ForgettingConfig.Anchor;
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
import org.junit.jupiter.params.provider.MethodSource;

class ForgettingTest {

  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(120);

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  @AfterAll
  static void close() {
    OPEN.close();
  }

  private static ForgettingConfig l2sp(double alpha, double beta, Anchor anchor) {
    return new ForgettingConfig(alpha, beta, anchor);
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
                    off.drift(),
                    off.replay(),
                    off.gate(),
                    forgetting)));
  }

  private static Stream<ForgettingConfig> all() {
    return Stream.of(l2sp(0.1, 0.01, Anchor.START), l2sp(0.1, 0.01, Anchor.PUBLISHED));
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
    double sum = 0;
    for (int i = 0; i < start.length; i++) {
      sum += Math.pow((double) end[i] - start[i], 2);
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
