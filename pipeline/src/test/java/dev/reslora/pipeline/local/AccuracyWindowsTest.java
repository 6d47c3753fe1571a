package dev.reslora.pipeline.local;

import static dev.reslora.pipeline.local.StepReports.step;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class AccuracyWindowsTest {

  private final AccuracyWindows windows = new AccuracyWindows(20);

  @Test
  void closesAWindowWithTheStepThatFillsIt() {
    windows.add(step(1, 10, 5.0, 4.0));
    assertThat(windows.points()).isEmpty();
    windows.add(step(2, 10, 10.0, 2.0));
    windows.add(step(3, 10, 0.0, 0.0));
    assertThat(windows.points())
        .containsExactly(new AccuracyPoint(20, 0.75, OptionalDouble.of(0.3)));
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
    assertThat(windows.points())
        .containsExactly(new AccuracyPoint(20, 0.5, OptionalDouble.of(0.4)));
  }

  @Test
  void judgesTheBaselineOnTheBatchesItWasRunOn() {
    windows.add(step(1, 10, 5.0, null));
    windows.add(step(2, 10, 9.0, 8.0));
    assertThat(windows.latest()).contains(new AccuracyPoint(20, 0.7, OptionalDouble.of(0.8)));
  }

  @Test
  void comparesOverallOnlyWhereBothWereJudged() {
    windows.add(step(1, 10, 0.0, null));
    windows.add(step(2, 10, 9.0, 8.0));
    assertThat(windows.overall()).contains(new AccuracyPoint(20, 0.9, OptionalDouble.of(0.8)));
  }

  @Test
  void hasNoAccuracyForALanguageModel() {
    windows.add(step(1, 20, null, null));
    assertThat(windows.points()).isEmpty();
    assertThat(windows.overall()).isEmpty();
    assertThat(windows.examples()).isEqualTo(20);
  }
}
