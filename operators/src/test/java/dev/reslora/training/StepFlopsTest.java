package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts of MiniLM: 6 layers, hidden 384, feed-forward 1536. */
class StepFlopsTest {

  private static final double SQUARE = 384.0 * 384;
  private static final int[] LENGTHS = {10, 30};

  @Test
  void everyFrozenProductCountsTwiceButTheLowest() {
    // 12 hidden^2 weights a layer, forward and dL/dx; nothing below layer 0's q-k-v learns.
    double frozen = 2 * 40 * SQUARE * (2 * 6 * 12 - 3);
    double factors = 6.0 * 40 * 6 * 4 * (2 * 768);
    assertThat(count(Pooling.MEAN, List.of("query", "value"))).isEqualTo(frozen + factors);
  }

  @Test
  void feedForwardTargetsCountTheirWidth() {
    double frozen = 2 * 40 * SQUARE * (2 * 6 * 12 - 3);
    double factors = 6.0 * 40 * 6 * 4 * (4 * 768 + 2 * 1920);
    assertThat(count(Pooling.MEAN, List.of("query", "key", "value", "dense")))
        .isEqualTo(frozen + factors);
  }

  @Test
  void whatLiesBelowTheLowestTargetHasNoBackward() {
    double frozen = 2 * 40 * SQUARE * 6 * 12;
    double factors = 6.0 * 40 * 4 * 1920;
    assertThat(count(Pooling.MEAN, List.of("encoder\\.layer\\.5\\.output\\.dense")))
        .isEqualTo(frozen + factors);
  }

  @Test
  void withClsOnlyFirstTokensPassTheLastLayer() {
    double all = count(Pooling.MEAN, List.of("query", "value"));
    double cls = count(Pooling.CLS, List.of("query", "value"));
    // Forward and backward: of the last layer's 12 hidden^2, 10 (all but keys and values) see 2
    // tokens instead of 40.
    double frozen = 2 * 2 * 38 * SQUARE * 10;
    double query = 6.0 * 38 * 4 * 768;
    assertThat(cls).isEqualTo(all - frozen - query);
  }

  private static double count(Pooling pooling, List<String> targets) {
    TrainerConfig real = TrainerConfigs.real(Shortcut.NONE);
    ResLoraConfig adapter = new ResLoraConfig(4, 8, Shortcut.NONE, 1, 0, targets);
    TrainingConfig was = real.training();
    TrainingConfig training =
        new TrainingConfig(
            was.batchExamples(),
            was.batchTokens(),
            was.accumulation(),
            was.learningRate(),
            was.headLearningRate(),
            was.schedule(),
            was.beta1(),
            was.beta2(),
            was.epsilon(),
            was.weightDecay(),
            was.clipNorm(),
            pooling,
            was.maxLabels(),
            was.precision(),
            was.seed(),
            was.pauseAfter(),
            was.recentTokens(),
            was.merge(),
            was.baseline());
    try (StepLoop loop =
        StepLoop.open(
            new TrainerConfig(real.modelDirectory(), "cpu", 1, adapter, training, real.snapshots()),
            2)) {
      return loop.flops(LENGTHS);
    }
  }
}
