package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerChangeTest {

  private static MergedAdapter adapter(MergedFactor... factors) {
    return new MergedAdapter(List.of(factors), null);
  }

  @Test
  void givesTheNormsOfTheDenseMatrices() {
    Random random = new Random(2);
    MergedFactor first = TestSnapshots.factor("query", 2, random);
    MergedFactor second = TestSnapshots.factor("query", 3, random);
    LayerChange change = LayerChange.between(adapter(first), adapter(second)).get(0);
    double before = 0;
    double after = 0;
    double difference = 0;
    double both = 0;
    float[] x = first.deltaW();
    float[] y = second.deltaW();
    for (int i = 0; i < x.length; i++) {
      before += x[i] * (double) x[i];
      after += y[i] * (double) y[i];
      both += x[i] * (double) y[i];
      difference += (x[i] - (double) y[i]) * (x[i] - (double) y[i]);
    }
    assertThat(change.before()).isCloseTo(Math.sqrt(before), within(1e-5));
    assertThat(change.after()).isCloseTo(Math.sqrt(after), within(1e-5));
    assertThat(change.change()).isCloseTo(Math.sqrt(difference), within(1e-5));
    assertThat(change.cosine()).isCloseTo(both / Math.sqrt(before * after), within(1e-6));
  }

  @Test
  void namesWhatOnlyOneOfThemAdapts() {
    Random random = new Random(3);
    MergedFactor query = TestSnapshots.factor("query", 2, random);
    MergedFactor value = TestSnapshots.factor("value", 2, random);
    List<LayerChange> changes = LayerChange.between(adapter(query), adapter(query, value));
    assertThat(changes).extracting(LayerChange::module).containsExactly("query", "value");
    assertThat(changes.get(0).change()).isCloseTo(0, within(1e-6));
    assertThat(changes.get(0).cosine()).isCloseTo(1, within(1e-6));
    assertThat(changes.get(1).before()).isZero();
    assertThat(changes.get(1).change()).isEqualTo(changes.get(1).after()).isPositive();
  }

  @Test
  void refusesOtherWidths() {
    MergedFactor six = TestSnapshots.factor("query", 1, new Random(4));
    MergedFactor five = new MergedFactor("query", 1, 5, 6, new float[5], new float[6]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LayerChange.between(adapter(six), adapter(five)))
        .withMessageContaining("[6, 6] and [6, 5]");
  }
}
