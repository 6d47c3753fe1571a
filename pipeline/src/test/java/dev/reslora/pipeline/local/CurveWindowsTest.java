package dev.reslora.pipeline.local;

import static dev.reslora.pipeline.local.StepReports.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.schema.avro.StepReport;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CurveWindowsTest {

  private final CurveWindows windows = new CurveWindows(Measure.ACCURACY, 20);

  @Test
  void closesAWindowWithTheStepThatFillsIt() {
    windows.add(step(1, 10, 5.0, 4.0));
    assertThat(windows.points()).isEmpty();
    windows.add(step(2, 10, 10.0, 2.0));
    windows.add(step(3, 10, 0.0, 0.0));
    assertThat(windows.points()).containsExactly(new CurvePoint(20, 0.75, OptionalDouble.of(0.3)));
    assertThat(windows.examples()).isEqualTo(30);
    assertThat(windows.steps()).isEqualTo(3);
    assertThat(windows.tokens()).isEqualTo(300);
  }

  @Test
  void countsAStepThatRecoveryRepeatsOnce() {
    windows.add(step(1, 10, 5.0, 4.0));
    windows.add(step(2, 10, 5.0, 4.0));
    windows.add(step(1, 10, 0.0, 0.0));
    windows.add(step(2, 10, 0.0, 0.0));
    assertThat(windows.points()).containsExactly(new CurvePoint(20, 0.5, OptionalDouble.of(0.4)));
  }

  @Test
  void judgesTheBaselineOnTheBatchesItWasRunOn() {
    windows.add(step(1, 10, 5.0, null));
    windows.add(step(2, 10, 9.0, 8.0));
    assertThat(windows.latest()).contains(new CurvePoint(20, 0.7, OptionalDouble.of(0.8)));
  }

  @Test
  void comparesOverallOnlyWhereBothWereJudged() {
    windows.add(step(1, 10, 0.0, null));
    windows.add(step(2, 10, 9.0, 8.0));
    assertThat(windows.overall()).contains(new CurvePoint(20, 0.9, OptionalDouble.of(0.8)));
  }

  @Test
  void weighsALanguageModelsBitsByTheBytesPredicted() {
    CurveWindows bits = new CurveWindows(Measure.BITS_PER_BYTE, 20);
    bits.add(predicted(1, 1.0, 2.0, 100));
    bits.add(predicted(2, 4.0, 4.0, 300));
    CurvePoint point = bits.latest().orElseThrow();
    assertThat(point.adapted()).isCloseTo((1 + 4) * 50 / Math.log(2) / 400, within(1e-12));
    assertThat(point.frozen().orElseThrow())
        .isCloseTo((2 + 4) * 50 / Math.log(2) / 400, within(1e-12));
  }

  private static StepReport predicted(long step, double loss, double frozen, int bytes) {
    StepReport report = step(step, 10, null, null);
    report.setLoss(loss);
    report.setBaselineLoss(frozen);
    report.setPredictions(50);
    report.setBytes(bytes);
    return report;
  }

  @Test
  void hasNoAccuracyForALanguageModel() {
    windows.add(step(1, 20, null, null));
    assertThat(windows.points()).isEmpty();
    assertThat(windows.overall()).isEmpty();
    assertThat(windows.examples()).isEqualTo(20);
  }
}
