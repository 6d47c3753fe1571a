package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdapterWeightsTest {

  private static final int HIDDEN = 3;
  private static final AdapterShape SHAPE =
      AdapterShape.of(
          new ResLoraConfig(4, 4, Shortcut.BLOCK, -1, 0, List.of("linear")),
          List.of(
              new Projection("layer.0.linear", "linear", 16, 9, 0, 0),
              new Projection("layer.1.linear", "linear", 25, 9, 1, 0)),
          List.of(false, false));

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager("cpu");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aNewAdapterIsUniformInAAndZeroInB() {
    try (AdapterWeights weights = AdapterWeights.create(manager, SHAPE, HIDDEN, 42)) {
      float[] params = weights.read().params();
      float[] first = Arrays.copyOfRange(params, SHAPE.offsetA(0), SHAPE.offsetA(1));
      float[] second = Arrays.copyOfRange(params, SHAPE.offsetA(1), SHAPE.offsetB(0));
      uniform(first, 0.25);
      uniform(second, 0.2);
      assertThat(Arrays.copyOfRange(params, SHAPE.offsetB(0), params.length)).containsOnly(0);
      assertThat(weights.labels()).isZero();
      assertThat(weights.bytes()).isEqualTo(20L * params.length);
    }
  }

  private static void uniform(float[] numbers, double bound) {
    double square = 0;
    for (float each : numbers) {
      assertThat(Math.abs((double) each)).isLessThan(bound);
      square += (double) each * each / numbers.length;
    }
    assertThat(square).isBetween(0.6 * bound * bound / 3, 1.4 * bound * bound / 3);
  }

  @Test
  void theSeedDecidesTheNumbers() {
    try (AdapterWeights one = AdapterWeights.create(manager, SHAPE, HIDDEN, 42);
        AdapterWeights same = AdapterWeights.create(manager, SHAPE, HIDDEN, 42);
        AdapterWeights other = AdapterWeights.create(manager, SHAPE, HIDDEN, 43)) {
      assertThat(same.read().params()).isEqualTo(one.read().params());
      assertThat(other.read().params()).isNotEqualTo(one.read().params());
    }
  }

  @Test
  void aHeadGrowsWithoutTouchingTheRest() {
    int factors = SHAPE.plan().size();
    float[][] numbers = new float[4][factors + 2 * (HIDDEN + 1)];
    for (int i = 0; i < 4; i++) {
      int base = 1000 * (i + 1);
      for (int n = 0; n < numbers[i].length; n++) {
        numbers[i][n] = base + n;
      }
    }
    try (AdapterWeights weights =
        AdapterWeights.of(
            manager,
            SHAPE,
            HIDDEN,
            2,
            new AdapterWeights.Numbers(numbers[0], numbers[1], numbers[2], numbers[3]))) {
      weights.grow(3);
      assertThat(weights.labels()).isEqualTo(5);
      AdapterWeights.Numbers grown = weights.read();
      grownFrom(numbers[0], grown.params());
      grownFrom(numbers[1], grown.sum());
      grownFrom(numbers[2], grown.firstMoment());
      grownFrom(numbers[3], grown.secondMoment());
      assertThat(Torch.floats(weights.grads())).hasSize(factors + 5 * (HIDDEN + 1)).containsOnly(0);
    }
  }

  private static void grownFrom(float[] before, float[] after) {
    int bias = before.length - 2;
    float[] expected = new float[before.length + 3 * (HIDDEN + 1)];
    System.arraycopy(before, 0, expected, 0, bias);
    System.arraycopy(before, bias, expected, bias + 3 * HIDDEN, 2);
    assertThat(after).isEqualTo(expected);
  }

  @Test
  void growingLeavesNoArrayBehind() {
    try (AdapterWeights weights = AdapterWeights.create(manager, SHAPE, HIDDEN, 42)) {
      int before = manager.getManagedArrays().size();
      for (int i = 0; i < 20; i++) {
        weights.grow(1);
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void refusesNumbersOfAnotherShape() {
    float[] right = new float[SHAPE.plan().size()];
    float[] wrong = new float[right.length + 1];
    for (AdapterWeights.Numbers numbers :
        List.of(
            new AdapterWeights.Numbers(wrong, right, right, right),
            new AdapterWeights.Numbers(right, wrong, right, right),
            new AdapterWeights.Numbers(right, right, wrong, right),
            new AdapterWeights.Numbers(right, right, right, wrong))) {
      assertThatThrownBy(() -> AdapterWeights.of(manager, SHAPE, HIDDEN, 0, numbers))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected four times " + right.length)
          .hasMessageContaining("" + wrong.length);
    }
    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void leavesNoArrayBehindWhenTheDeviceIsFull() {
    for (int room = 0; room < 5; room++) {
      NDManager full = limited(manager, new AtomicInteger(room));
      assertThatThrownBy(() -> AdapterWeights.create(full, SHAPE, HIDDEN, 42))
          .isInstanceOf(EngineException.class)
          .hasMessage("out of memory");
      assertThat(manager.getManagedArrays()).as("%d arrays fitted", room).isEmpty();
    }
    AdapterWeights.create(limited(manager, new AtomicInteger(5)), SHAPE, HIDDEN, 42).close();
  }

  /** A manager that, with all below it, makes so many arrays and no more. */
  private static NDManager limited(NDManager real, AtomicInteger room) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("create") && room.getAndDecrement() == 0) {
            throw new EngineException("out of memory");
          }
          Object made = method.invoke(real, arguments);
          return made instanceof NDManager below ? limited(below, room) : made;
        };
    return (NDManager)
        Proxy.newProxyInstance(
            NDManager.class.getClassLoader(), new Class<?>[] {NDManager.class}, handler);
  }
}
