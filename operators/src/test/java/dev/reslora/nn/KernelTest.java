package dev.reslora.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelTest {

  /** libtorch compiles the whole source when it loads it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "reslora",
        "reslora stack",
        "reslora merge",
        "reslora attention bert merge",
        "reslora attention llama merge"
      })
  void everySourceLoadsWithWhatItNeedsAlone(String sources) {
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, sources.split(" "))) {
      NDArray sum = Torch.floats(manager, new float[] {1, 2}, 2);
      NDArray grads = Torch.floats(manager, new float[] {3, 4}, 2);
      assertThat(kernel.call("accumulate").tensor(sum).tensor(grads).flag(true).real())
          .isEqualTo(5);
      assertThat(Torch.floats(sum)).containsExactly(4, 6);
      assertThat(Torch.floats(grads)).containsOnly(0);
    }
  }

  @Test
  void namesASourceThatIsNotThere() {
    try (NDManager manager = Torch.manager("cpu")) {
      assertThatThrownBy(() -> Kernel.load(manager, "reslora", "nowhere"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nowhere.py");
    }
  }

  @Test
  void accumulatesNoGradientThatIsNotFinite() {
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, "reslora")) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        NDArray sum = Torch.floats(manager, new float[] {1, 2}, 2);
        NDArray grads = Torch.floats(manager, new float[] {3, bad}, 2);
        assertThat(kernel.call("accumulate").tensor(sum).tensor(grads).flag(true).real())
            .isNotFinite();
        assertThat(Torch.floats(sum)).containsExactly(1, 2);
        assertThat(Torch.floats(grads)).containsOnly(0);
      }
    }
  }

  @Test
  void measuresAGradientThatIsNotToBeKept() {
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, "reslora")) {
      NDArray sum = Torch.floats(manager, new float[] {1, 2}, 2);
      NDArray grads = Torch.floats(manager, new float[] {3, 4}, 2);
      assertThat(kernel.call("accumulate").tensor(sum).tensor(grads).flag(false).real())
          .isEqualTo(5);
      assertThat(Torch.floats(sum)).containsExactly(1, 2);
      assertThat(Torch.floats(grads)).containsOnly(0);
    }
  }

  @Test
  void packedWeightsMultiplyAsPlainOnes() {
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, "reslora")) {
      float[] numbers = new float[40 * 24];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) Math.sin(i);
      }
      NDArray weight = Torch.floats(manager, numbers, 40, 24);
      NDArray bias = Torch.floats(manager, Arrays.copyOf(numbers, 40), 40);
      NDArray x = Torch.floats(manager, Arrays.copyOf(numbers, 7 * 24), 7, 24);
      float[][] products = new float[2][];
      for (boolean packed : new boolean[] {false, true}) {
        NDArray own = kernel.call("pack").tensor(weight).integer(6).flag(packed).tensor(manager);
        NDArray y =
            kernel.call("linear").tensor(x).tensor(own).tensor(bias).flag(packed).tensor(manager);
        products[packed ? 1 : 0] = Torch.floats(y);
      }
      for (int i = 0; i < products[0].length; i++) {
        assertThat(Math.abs(products[1][i] - products[0][i])).isLessThan(1e-5f);
      }
    }
  }

  /** More bytes than any machine has, and than the system lends in hope. */
  @Test
  void tellsMissingMemoryFromOtherFailures() {
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, "reslora")) {
      NDArray like = Torch.floats(manager, new float[1], 1);
      assertThatThrownBy(
              () ->
                  kernel.call("counters").integer(1L << 44).integer(0).tensor(like).tensor(manager))
          .isInstanceOf(DeviceMemoryException.class)
          .hasCauseInstanceOf(EngineException.class);
      assertThatThrownBy(
              () -> kernel.call("counters").integer(-1).integer(0).tensor(like).tensor(manager))
          .isInstanceOf(EngineException.class);
    }
  }
}
