package dev.reslora.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrequentialTest {

  @Test
  void countsWhatSklearnCounts() {
    Prequential prequential = new Prequential(1, 100);
    int[] targets = {0, 0, 0, 1, 1, 2, 2, 2, 2, 0};
    int[] predicted = {0, 0, 1, 1, 0, 2, 2, 1, 2, 0};
    for (int i = 0; i < targets.length; i++) {
      prequential.add(new Prediction(i, targets[i], predicted[i], 0.75));
    }
    Figures figures = prequential.window();
    assertThat(figures.examples()).isEqualTo(10);
    assertThat(figures.loss()).isCloseTo(4.5, within(1e-12));
    assertThat(figures.accuracy()).isCloseTo(0.7, within(1e-12));
    // sklearn.metrics.f1_score(targets, predicted, average="macro")
    assertThat(figures.macroF1()).isCloseTo(0.6690476190476190, within(1e-12));
    assertThat(figures.calibrationError()).isCloseTo(0.05, within(1e-12));
    assertThat(prequential.faded()).isEqualTo(figures);
  }

  @Test
  void fadesWhatIsLongAgo() {
    Prequential prequential = new Prequential(0.5, 2);
    prequential.add(new Prediction(8, 0, 1, 1));
    prequential.add(new Prediction(4, 0, 0, 1));
    prequential.add(new Prediction(2, 0, 0, 1));
    assertThat(prequential.faded().loss()).isCloseTo((2 + 2 + 2) / 1.75, within(1e-12));
    assertThat(prequential.faded().accuracy()).isCloseTo(1.5 / 1.75, within(1e-12));
    assertThat(prequential.window().loss()).isCloseTo(3, within(1e-12));
    assertThat(prequential.window().accuracy()).isCloseTo(1, within(1e-12));
  }

  @Test
  void takesANewLabelAsWrong() {
    Prequential prequential = new Prequential(1, 10);
    prequential.add(new Prediction(1, 5, Prediction.NONE, 0.5));
    assertThat(prequential.faded().accuracy()).isZero();
    assertThat(prequential.faded().macroF1()).isZero();
  }

  @Test
  void knowsOnlyTheLossWhereThereAreNoLabels() {
    Prequential prequential = new Prequential(1, 10);
    prequential.add(new Prediction(3, Prediction.NONE, Prediction.NONE, Double.NaN));
    assertThat(prequential.faded().loss()).isEqualTo(3);
    assertThat(prequential.faded().accuracy()).isNaN();
  }

  @Test
  void goesOnFromItsState() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    Prequential whole = new Prequential(0.99, 20);
    Prequential restored = new Prequential(0.99, 20);
    for (int i = 0; i < 300; i++) {
      Prediction prediction =
          new Prediction(random.nextDouble(), random.nextInt(9), random.nextInt(9), 0.3);
      whole.add(prediction);
      restored.add(prediction);
      if (i % 70 == 0) {
        restored =
            Prequential.read(
                0.99, 20, new DataInputStream(new ByteArrayInputStream(bytes(restored))));
      }
    }
    assertThat(restored.faded()).isEqualTo(whole.faded());
    assertThat(restored.window()).isEqualTo(whole.window());
    assertThat(bytes(restored)).isEqualTo(bytes(whole));
  }

  private static byte[] bytes(Prequential prequential) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    prequential.write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }
}
