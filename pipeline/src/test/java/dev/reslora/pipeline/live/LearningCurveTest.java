package dev.reslora.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.schema.avro.StepReport;
import org.junit.jupiter.api.Test;

class LearningCurveTest {

  private final LearningCurve curve = new LearningCurve(4);

  @Test
  void sumsStepsIntoWindows() {
    for (int n = 1; n <= 9; n++) {
      curve.add(report(n, n <= 4 ? 8 : 16));
    }
    assertThat(curve.windows()).extracting(LearningCurve.Window::upTo).containsExactly(64L, 128L);
    assertThat(curve.windows())
        .extracting(LearningCurve.Window::accuracy)
        .containsExactly(0.5, 1.0);
    assertThat(curve.totalExamples()).isEqualTo(144);
  }

  @Test
  void countsAStepThatRecoveryRepeatsOnce() {
    assertThat(curve.add(report(1, 8))).isTrue();
    assertThat(curve.add(report(2, 8))).isTrue();
    assertThat(curve.add(report(1, 8))).isFalse();
    assertThat(curve.add(report(2, 8))).isFalse();
    assertThat(curve.latest().examples()).isEqualTo(32);
  }

  @Test
  void keepsEveryExampleWhenWindowsGrow() {
    int steps = 400;
    double right = 0;
    for (int n = 1; n <= steps; n++) {
      double correct = n % 17;
      right += correct;
      curve.add(report(n, correct));
      assertThat(curve.windows()).hasSizeLessThanOrEqualTo(4);
    }
    long windowed = curve.windows().stream().mapToLong(LearningCurve.Window::examples).sum();
    double counted = curve.windows().stream().mapToDouble(LearningCurve.Window::correct).sum();
    LearningCurve.Window last = curve.windows().get(curve.windows().size() - 1);
    assertThat(last.upTo()).isEqualTo(windowed);
    double tail = 0;
    for (int n = (int) (windowed / 16) + 1; n <= steps; n++) {
      tail += n % 17;
    }
    assertThat(counted + tail).isCloseTo(right, within(1e-9));
  }

  @Test
  void hasALossAndNoAccuracyForALanguageModel() {
    for (int n = 1; n <= 4; n++) {
      StepReport report = report(n, 0);
      report.setCorrect(null);
      report.setBaselineCorrect(null);
      curve.add(report);
    }
    LearningCurve.Window window = curve.latest();
    assertThat(window.accuracy()).isNull();
    assertThat(window.baselineAccuracy()).isNull();
    assertThat(window.meanLoss()).isNotNull().isPositive();
  }

  private static StepReport report(int n, double correct) {
    StepReport report = LiveSamples.step("a", n, 100);
    report.setCorrect(correct);
    return report;
  }
}
