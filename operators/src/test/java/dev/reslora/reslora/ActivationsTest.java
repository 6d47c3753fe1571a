package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.Activations.Likeness;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ActivationsTest {

  private static final int TOKENS = 4000;
  private final Random random = new Random(11);

  /** [T, 2] rows. */
  private float[] normal() {
    float[] x = new float[2 * TOKENS];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /** The likeness of a second layer's input to the first's, of which only these rows pass on. */
  private static Likeness likeness(float[] before, float[] after, int... rows) {
    boolean pooled = rows.length > 0;
    AdapterShape shape =
        AdapterShape.of(
            new ResLoraConfig(1, 1, Shortcut.INPUT, 0, 0, List.of("query")),
            List.of(
                new Projection("layer.0.query", "query", 2, 2, 0, 0),
                new Projection("layer.1.query", "query", 2, 2, 1, 0)),
            List.of(false, pooled));
    try (NDManager manager = Torch.manager("cpu");
        Kernel kernel = Kernel.load(manager, "reslora", "merge")) {
      NDArray a = Torch.floats(manager, new float[] {1, 0}, 1, 2);
      NDArray x = Torch.floats(manager, before, before.length / 2, 2);
      NDArray y = Torch.floats(manager, after, after.length / 2, 2);
      long[] gathered = new long[rows.length];
      for (int i = 0; i < rows.length; i++) {
        gathered[i] = rows[i];
      }
      try (Activations activations =
          new Activations(kernel, manager, shape, List.of(a, a), Activations.WINDOW)) {
        activations.add(List.of(x, y), Torch.integers(manager, gathered, rows.length));
        List<Optional<Likeness>> all = activations.likeness();
        assertThat(all.get(0)).isEmpty();
        return all.get(1).orElseThrow();
      }
    }
  }

  @Test
  void aRotationIsExplainedHoweverSmallItsCosine() {
    float[] before = normal();
    float[] after = new float[before.length];
    for (int t = 0; t < TOKENS; t++) {
      after[2 * t] = -3 * before[2 * t + 1];
      after[2 * t + 1] = 3 * before[2 * t];
    }
    Likeness likeness = likeness(before, after);
    assertThat(likeness.cosine()).isCloseTo(0, within(1e-6));
    assertThat(likeness.r2()).isBetween(0.998, 1.0);
  }

  @Test
  void halfOfTheVarianceIsAnR2OfOneHalf() {
    float[] before = normal();
    float[] noise = normal();
    float[] after = new float[before.length];
    for (int i = 0; i < after.length; i++) {
      after[i] = before[i] + noise[i];
    }
    Likeness likeness = likeness(before, after);
    assertThat(likeness.cosine()).isCloseTo(Math.sqrt(0.5), within(0.03));
    assertThat(likeness.r2()).isCloseTo(0.5, within(0.03));
  }

  @Test
  void strangersExplainNothing() {
    Likeness likeness = likeness(normal(), normal());
    assertThat(likeness.cosine()).isCloseTo(0, within(0.05));
    assertThat(likeness.r2()).isBetween(0.0, 0.01);
  }

  @Test
  void onlyTheRowsThatPassOnCount() {
    float[] before = {1, 0, 70, 70, 0, 1, -70, 70};
    float[] after = {2, 0, 0, 2};
    Likeness likeness = likeness(before, after, 0, 2);
    assertThat(likeness.cosine()).isCloseTo(1, within(1e-6));
    assertThat(likeness.r2()).isBetween(0.998, 1.0);
  }
}
