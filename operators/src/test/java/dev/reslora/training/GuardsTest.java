package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.Prediction;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GuardsTest {

  /** Figures over two batches of four. */
  private static final GuardConfig CONFIG =
      new GuardConfig(
          0.99, 8, AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, GateConfig.OFF);

  private static final List<Prediction> RIGHT = four(1);
  private static final List<Prediction> WRONG = four(0);

  private static List<Prediction> four(int predicted) {
    return Collections.nCopies(4, new Prediction(0.5, 1, predicted, 0.9));
  }

  /** The adapter has become right where the baseline was not asked; it was right throughout. */
  private static Guards judged() {
    Guards guards = Guards.fresh(CONFIG, 1, AnchorFile.NONE);
    both(guards, WRONG);
    guards.judged(WRONG);
    both(guards, RIGHT);
    guards.judged(RIGHT);
    return guards;
  }

  private static void both(Guards guards, List<Prediction> predictions) {
    guards.judged(predictions);
    guards.judgedBeside(RIGHT, predictions);
  }

  private static SortedMap<String, byte[]> state(Guards guards) {
    Sections sections = new Sections();
    guards.write(sections);
    return new TreeMap<>(sections.entries());
  }

  private static Guards restored(SortedMap<String, byte[]> state) {
    return Guards.read(CONFIG, 1, AnchorFile.NONE, new Sections(state));
  }

  @Test
  void comparesWithTheBaselineOnWhatBothWereAsked() {
    assertThat(Guards.fresh(CONFIG, 1, AnchorFile.NONE).advantage()).isNaN();
    assertThat(judged().advantage()).isEqualTo(-0.5);
    assertThat(restored(state(judged())).advantage()).isEqualTo(-0.5);
  }

  @Test
  void saysNothingOfAnOlderStateUntilBothHaveAWholeWindow() {
    SortedMap<String, byte[]> old = state(judged());
    old.remove("guards.beside-baseline#0000");
    Guards guards = restored(old);
    assertThat(guards.advantage()).isNaN();
    both(guards, RIGHT);
    assertThat(guards.advantage()).isNaN();
    both(guards, WRONG);
    assertThat(guards.advantage()).isEqualTo(-0.5);
  }
}
