package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest {

  private static final AdapterShape SHAPE =
      AdapterShape.of(
          new ResLoraConfig(2, 2, Shortcut.NONE, -1, 0, List.of("linear")),
          List.of(new Projection("layer.0.linear", "linear", 3, 4, 0, 0)),
          List.of(false));

  /** A [2, 3], B [4, 2], head weight [2, 2], head bias [2]. */
  private static final int FACTORS = 14;

  private static final int BIAS = 18;
  private static final int ALL = 20;

  private static final AdamW.Rates RATES = new AdamW.Rates(0.01, 0.1);

  private static NDManager manager;
  private static Kernel kernel;

  @BeforeAll
  static void load() {
    manager = Torch.manager("cpu");
    kernel = Kernel.load(manager, "reslora");
  }

  @AfterAll
  static void close() {
    kernel.close();
    manager.close();
  }

  /** By hand: at the first step both moments, freed of their bias, are g and g^2. */
  @Test
  void theFirstStepMovesEveryParameterByItsRate() {
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 0.25f);
      AdamW.Update done = new AdamW(0.9, 0.999, 0, 0.5, 0).step(kernel, weights, RATES, 1, 1);
      assertThat(done.gradientNorm()).isCloseTo(0.25 * Math.sqrt(20), within(1e-7));
      assertThat(done.updateRatio()).isCloseTo(0.015, within(1e-7));
      AdapterWeights.Numbers after = weights.read();
      for (int i = 0; i < ALL; i++) {
        // Factors 1 (1 - 0.01 0.5) - 0.01, head weight 1 (1 - 0.1 0.5) - 0.1, bias 1 - 0.1.
        double expected = i < FACTORS ? 0.985 : i < BIAS ? 0.85 : 0.9;
        assertThat((double) after.params()[i]).isCloseTo(expected, within(2e-7));
        assertThat(after.firstMoment()[i]).isCloseTo(0.025f, within(1e-8f));
        assertThat(after.secondMoment()[i]).isCloseTo(6.25e-5f, within(1e-10f));
      }
      assertThat(Torch.floats(weights.sum())).containsOnly(0);
    }
  }

  /** Clipping and the share come before the moments; the norm is the one before clipping. */
  @Test
  void clipsTheGlobalNormOfTheShare() {
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 6);
      double norm =
          new AdamW(0.9, 0.999, 1e-8, 0, 0.5).step(kernel, weights, RATES, 1, 0.25).gradientNorm();
      assertThat(norm).isCloseTo(1.5 * Math.sqrt(20), within(1e-6));
      float clipped = (float) (0.5 / Math.sqrt(20));
      assertThat(weights.read().firstMoment()[0]).isCloseTo(0.1f * clipped, within(1e-7f));
    }
  }

  @Test
  void leavesAShortGradientUnclipped() {
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 0.1f);
      new AdamW(0.9, 0.999, 1e-8, 0, 0.5).step(kernel, weights, RATES, 1, 1);
      assertThat(weights.read().firstMoment()[7]).isCloseTo(0.01f, within(1e-8f));
    }
  }

  /** 1e-9 of 1 is less than float32 tells apart: the update rounds to nothing, and that shows. */
  @Test
  void tellsWhenAnUpdateRoundsToNothing() {
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 0.1f);
      AdamW.Rates tiny = new AdamW.Rates(1e-9, 1e-9);
      AdamW.Update done = new AdamW(0.9, 0.999, 1e-8, 0, 0).step(kernel, weights, tiny, 1, 1);
      assertThat(done.updateRatio()).isZero();
      assertThat(done.gradientNorm()).isPositive();
    }
  }

  @Test
  void followsTheFormulaOverManySteps() {
    AdamW adam = new AdamW(0.9, 0.99, 1e-6, 0.1, 1.5);
    double[] p = new double[ALL];
    double[] m = new double[ALL];
    double[] v = new double[ALL];
    float[] start = new float[ALL];
    for (int i = 0; i < ALL; i++) {
      start[i] = (float) Math.cos(i);
      p[i] = start[i];
    }
    try (AdapterWeights weights = weights(start)) {
      for (int step = 1; step <= 50; step++) {
        float[] g = new float[ALL];
        for (int i = 0; i < ALL; i++) {
          g[i] = (float) (Math.sin(3 * step + i) * (1 + step % 3));
        }
        weights.sum().addi(Torch.floats(manager, g, ALL));
        adam.step(kernel, weights, RATES, step, 0.5);
        reference(adam, p, m, v, g, step);
      }
      float[] found = weights.read().params();
      for (int i = 0; i < ALL; i++) {
        assertThat((double) found[i]).isCloseTo(p[i], within(1e-5));
      }
    }
  }

  private static void reference(
      AdamW adam, double[] p, double[] m, double[] v, float[] gradient, int step) {
    double norm = 0;
    for (float g : gradient) {
      norm += 0.25 * g * g;
    }
    double clip = Math.min(1, adam.clipNorm() / Math.sqrt(norm));
    for (int i = 0; i < ALL; i++) {
      double g = 0.5 * gradient[i] * clip;
      double rate = i < FACTORS ? RATES.factors() : RATES.head();
      double decay = i < BIAS ? adam.weightDecay() : 0;
      m[i] = adam.beta1() * m[i] + (1 - adam.beta1()) * g;
      v[i] = adam.beta2() * v[i] + (1 - adam.beta2()) * g * g;
      double first = m[i] / (1 - Math.pow(adam.beta1(), step));
      double second = v[i] / (1 - Math.pow(adam.beta2(), step));
      p[i] = p[i] - rate * decay * p[i] - rate * first / (Math.sqrt(second) + adam.epsilon());
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aGradientThatIsNotFiniteTouchesNothing(float bad) {
    AdamW adam = new AdamW(0.9, 0.999, 1e-8, 0.1, 1);
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 0.25f);
      adam.step(kernel, weights, RATES, 1, 1);
      AdapterWeights.Numbers before = weights.read();
      float[] g = filled(0.5f);
      g[17] = bad;
      weights.sum().addi(Torch.floats(manager, g, ALL));
      AdamW.Update done = adam.step(kernel, weights, RATES, 2, 0.5);
      assertThat(done.gradientNorm()).isNotFinite();
      assertThat(done.updateRatio()).isZero();
      AdapterWeights.Numbers after = weights.read();
      assertThat(after.params()).isEqualTo(before.params());
      assertThat(after.firstMoment()).isEqualTo(before.firstMoment());
      assertThat(after.secondMoment()).isEqualTo(before.secondMoment());
      assertThat(Torch.floats(weights.sum())).containsOnly(0);
    }
  }

  /** 3e38 is finite, its square is not: the norm is summed in float64. */
  @Test
  void clipsAHugeGradientThatIsFinite() {
    try (AdapterWeights weights = weights(filled(1))) {
      gradient(weights, 3e38f);
      double norm =
          new AdamW(0.9, 0.999, 1e-8, 0, 1).step(kernel, weights, RATES, 1, 1).gradientNorm();
      assertThat(norm).isCloseTo(3e38 * Math.sqrt(20), within(1e33));
      float clipped = (float) (1 / Math.sqrt(20));
      assertThat(weights.read().firstMoment()[0]).isCloseTo(0.1f * clipped, within(1e-6f));
    }
  }

  private static AdapterWeights weights(float[] params) {
    return AdapterWeights.of(manager, SHAPE, 2, 2, AdapterWeights.Numbers.fresh(params));
  }

  private static void gradient(AdapterWeights weights, float each) {
    weights.sum().addi(Torch.floats(manager, filled(each), ALL));
  }

  private static float[] filled(float each) {
    float[] numbers = new float[ALL];
    Arrays.fill(numbers, each);
    return numbers;
  }
}
