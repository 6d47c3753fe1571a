package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PenaltiesTest {

  private static final AdapterShape SHAPE =
      AdapterShape.of(
          new ResLoraConfig(2, 2, Shortcut.NONE, -1, 0, List.of("linear")),
          List.of(new Projection("layer.0.linear", "linear", 3, 4, 0, 0)),
          List.of(false));

  /** A [2, 3], B [4, 2], head weight [2, 2], head bias [2]. */
  private static final int FACTORS = 14;

  private static final int ALL = 20;

  private static final Penalties.Spring SPRING = new Penalties.Spring(0.3, 0.02);

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

  /** The penalty as the paper has it, in float64. */
  private static double spring(double[] w) {
    double sum = 0;
    for (int i = 0; i < ALL; i++) {
      double distance = w[i] - numbers(2)[i];
      sum += (i < FACTORS ? SPRING.factors() : SPRING.head()) / 2 * distance * distance;
    }
    return sum;
  }

  @Test
  void addsTheGradientOfTheDistanceToTheAnchor() {
    try (AdapterWeights weights = weights()) {
      weights.penalties().pullTo(numbers(2), SPRING);
      assertGradient(weights, PenaltiesTest::spring);
    }
  }

  @Test
  void addsTheGradientOfTheDistanceThatFisherInformationWeighs() {
    float[] fisher = numbers(4);
    ToDoubleFunction<double[]> penalty =
        w -> {
          double sum = 0;
          for (int i = 0; i < ALL; i++) {
            sum += 0.7 / 2 * fisher[i] * Math.pow(w[i] - numbers(5)[i], 2);
          }
          return sum;
        };
    try (AdapterWeights weights = weights()) {
      weights
          .penalties()
          .stretch(new Penalties.Elastic(fisher, numbers(5), new float[ALL], 0), 0.7);
      assertGradient(weights, penalty);
    }
    try (AdapterWeights weights = weights()) {
      weights
          .penalties()
          .stretch(new Penalties.Elastic(fisher, numbers(5), new float[ALL], 0), 0.7);
      weights.penalties().pullTo(numbers(2), SPRING);
      assertGradient(weights, w -> spring(w) + penalty.applyAsDouble(w));
    }
  }

  /** Two tasks of two micro-batches and one, by hand. */
  @Test
  void consolidatesTheMeanOfSquaredGradients() {
    try (AdapterWeights weights = weights()) {
      Penalties penalties = weights.penalties();
      penalties.stretch(Penalties.Elastic.fresh(numbers(1)), 1);
      double norm = gather(weights, numbers(6), 8);
      assertThat(norm).isCloseTo(norm(numbers(6)), within(1e-6));
      gather(weights, numbers(7), 4);
      penalties.consolidate(kernel, weights.params(), 0.5);
      weights.become(2, AdapterWeights.Numbers.fresh(numbers(8)));
      gather(weights, numbers(9), 2);
      double trace = penalties.consolidate(kernel, weights.params(), 0.5);
      Penalties.Elastic found = penalties.copyElastic();
      double sum = 0;
      for (int i = 0; i < ALL; i++) {
        double first = (8 * square(numbers(6)[i]) + 4 * square(numbers(7)[i])) / 2;
        double expected = 0.5 * first + 2 * square(numbers(9)[i]);
        assertThat((double) found.fisher()[i]).isCloseTo(expected, within(1e-6));
        sum += expected;
      }
      assertThat(trace).isCloseTo(sum, within(1e-5));
      assertThat(found.center()).isEqualTo(numbers(8));
      assertThat(found.squares()).containsOnly(0);
      assertThat(found.batches()).isZero();
      float[] fisher = found.fisher();
      penalties.consolidate(kernel, weights.params(), 0.5);
      assertThat(penalties.copyElastic().fisher()).as("nothing was gathered").isEqualTo(fisher);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 3e38f})
  void gathersNoSquareThatMightNotBeFinite(float bad) {
    try (AdapterWeights weights = weights()) {
      weights.penalties().stretch(Penalties.Elastic.fresh(numbers(1)), 1);
      float[] g = numbers(6);
      g[3] = bad;
      gather(weights, g, 8);
      Penalties.Elastic found = weights.penalties().copyElastic();
      assertThat(found.squares()).containsOnly(0);
      assertThat(found.batches()).isZero();
      assertThat(Torch.floats(weights.grads())).containsOnly(0);
      assertThat(Torch.floats(weights.sum())[3]).isEqualTo(Float.isFinite(bad) ? bad : 0);
    }
  }

  @Test
  void givesNewRowsNoFisherInformation() {
    try (AdapterWeights weights = weights()) {
      long before = weights.bytes();
      weights
          .penalties()
          .stretch(new Penalties.Elastic(numbers(4), numbers(5), numbers(6), 3), 0.7);
      assertThat(weights.bytes()).isEqualTo(before + 12 * ALL);
      weights.grow(1);
      Penalties.Elastic grown = weights.penalties().copyElastic();
      assertThat(grown.fisher()).hasSize(ALL + 3).containsSubsequence(numbers(4));
      assertThat(grown.fisher()[ALL + 2]).isZero();
      assertThat(grown.center()).containsSubsequence(numbers(5));
      assertThat(grown.squares()).containsSubsequence(numbers(6));
      assertThat(grown.batches()).isEqualTo(3);
    }
  }

  private static double gather(AdapterWeights weights, float[] g, double examples) {
    weights.grads().addi(Torch.floats(manager, g, ALL));
    return weights.penalties().gather(kernel, weights.sum(), weights.grads(), examples);
  }

  private static double norm(float[] g) {
    double sum = 0;
    for (float each : g) {
      sum += square(each);
    }
    return Math.sqrt(sum);
  }

  private static double square(float number) {
    return (double) number * number;
  }

  @Test
  void clipsThePenaltyWithTheLoss() {
    AdamW adam = new AdamW(0, 0.999, 1e-8, 0, 0.01);
    try (AdapterWeights weights = weights()) {
      weights.penalties().pullTo(numbers(2), SPRING);
      double norm = adam.step(kernel, weights, new AdamW.Rates(1, 1), 1, 1).gradientNorm();
      double[] gradient = gradient(PenaltiesTest::spring);
      double expected = 0;
      for (double each : gradient) {
        expected += each * each;
      }
      assertThat(norm).isCloseTo(Math.sqrt(expected), within(1e-6));
      assertThat((double) weights.read().firstMoment()[3])
          .isCloseTo(gradient[3] * 0.01 / norm, within(1e-7));
    }
  }

  @Test
  void pullsRowsThatTheAnchorLacksToZero() {
    try (AdapterWeights weights = weights()) {
      weights.penalties().pullTo(numbers(2), SPRING);
      long before = weights.bytes();
      weights.grow(1);
      float[] anchor = weights.penalties().copyAnchor();
      assertThat(anchor).hasSize(ALL + 3).containsSubsequence(numbers(2));
      assertThat(anchor[18]).isZero();
      assertThat(anchor[19]).isZero();
      assertThat(anchor[22]).isZero();
      assertThat(weights.bytes()).isEqualTo(before + 6 * 4 * 3);
      weights.become(2, AdapterWeights.Numbers.fresh(numbers(1)));
      assertThat(weights.penalties().copyAnchor()).isEqualTo(numbers(2));
    }
  }

  /** With no decay of the first moment that is the step's gradient. */
  private static void assertGradient(AdapterWeights weights, ToDoubleFunction<double[]> penalty) {
    AdamW adam = new AdamW(0, 0.999, 1e-8, 0, 0);
    float[] g = numbers(3);
    weights.sum().addi(Torch.floats(manager, g, ALL));
    adam.step(kernel, weights, new AdamW.Rates(1e-3, 1e-3), 1, 0.5);
    double[] expected = gradient(penalty);
    float[] found = weights.read().firstMoment();
    for (int i = 0; i < ALL; i++) {
      assertThat((double) found[i]).isCloseTo(0.5 * g[i] + expected[i], within(2e-7));
    }
  }

  /** By central differences, at the numbers that the weights begin with. */
  private static double[] gradient(ToDoubleFunction<double[]> penalty) {
    double[] gradient = new double[ALL];
    for (int i = 0; i < ALL; i++) {
      double[] w = new double[ALL];
      for (int n = 0; n < ALL; n++) {
        w[n] = numbers(1)[n];
      }
      w[i] += 1e-4;
      double above = penalty.applyAsDouble(w);
      w[i] -= 2e-4;
      gradient[i] = (above - penalty.applyAsDouble(w)) / 2e-4;
    }
    return gradient;
  }

  private static AdapterWeights weights() {
    return AdapterWeights.of(manager, SHAPE, 2, 2, AdapterWeights.Numbers.fresh(numbers(1)));
  }

  private static float[] numbers(int which) {
    float[] numbers = new float[ALL];
    for (int i = 0; i < ALL; i++) {
      numbers[i] = (float) Math.cos(7 * which + i);
    }
    return numbers;
  }
}
