package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DemoViewTest {

  private final DemoView view = new DemoView(List.of("reslora demo"), Measure.ACCURACY);

  @Test
  void showsNothingKnownYetAsSuch() {
    assertThat(
            view.block(
                status(TrainingFigures.NONE, OptionalLong.empty(), 0, CheckpointFigures.NONE)))
        .startsWith("reslora demo")
        .anyMatch(line -> line.contains("adapted -, frozen -"))
        .anyMatch(line -> line.contains("none loaded yet"))
        .anyMatch(line -> line.contains("checkpoints  none yet"));
  }

  @Test
  void showsEveryFigure() {
    TrainingFigures training =
        new TrainingFigures(
            2_500,
            80_000,
            157,
            List.of(new CurvePoint(2_500, 0.744, OptionalDouble.of(0.58))),
            Optional.empty());
    DemoStatus status =
        status(
            training,
            OptionalLong.of(5_000),
            6,
            new CheckpointFigures(12, 0, Duration.ofSeconds(3), 2_100_000));
    assertThat(view.block(status))
        .contains(
            "  [####################--------------------]  50 % of 5,000  1:12",
            "  examples     2,600 sent, 2,500 trained in 157 steps",
            "  speed        3.5 steps/s, 1,200 tokens/s",
            "  accuracy     adapted 74.4 %, frozen 58.0 %  (last window, tested before trained)",
            "  snapshots    6 loaded, serving version 6 of step 150",
            "  checkpoints  12 done, the last 3 s ago, 2.1 MB");
    assertThat(view.line(status)).startsWith("1:12  2,500 examples").contains("74.4 %");
  }

  private static DemoStatus status(
      TrainingFigures training, OptionalLong total, int loaded, CheckpointFigures checkpoints) {
    return new DemoStatus(
        Duration.ofSeconds(72),
        2_600,
        total,
        training,
        3.5,
        1_200,
        loaded,
        loaded,
        150,
        checkpoints);
  }
}
