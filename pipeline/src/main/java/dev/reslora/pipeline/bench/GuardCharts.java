package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.bench.GuardTrial.Result;
import dev.reslora.pipeline.bench.GuardTrial.Tested;
import dev.reslora.pipeline.local.CurveChart;
import dev.reslora.pipeline.local.CurveChart.Line;
import dev.reslora.pipeline.local.CurveChart.Look;
import dev.reslora.pipeline.local.Measure;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Draws what came of trials over a stream, each line the mean of its seeds.
 *
 * @param directory where files of the streams' names go
 * @param limit examples of a stream
 * @param seeds how many
 */
record GuardCharts(Path directory, int limit, int seeds) {

  private static final int WINDOWS = 24;

  /** The same in every chart, whatever else is in it. */
  private static final Map<GuardTrial, Look> LOOKS =
      Map.of(
          GuardTrial.PLAIN, new Look(new Color(0xc2571a), 10, 5),
          GuardTrial.GUARDED, Look.ADAPTED,
          GuardTrial.WATCHED, new Look(new Color(0x2a6fb0), 3, 4),
          GuardTrial.GATED, new Look(new Color(0x7a3e9d), 12, 4, 3, 4),
          GuardTrial.REPLAY, new Look(new Color(0xb3387a), 6, 3),
          GuardTrial.L2_SP, new Look(new Color(0x8c6d1f), 16, 6),
          GuardTrial.EWC, new Look(new Color(0x1f9aa8), 2, 2),
          GuardTrial.KL, new Look(new Color(0x333333), 12, 3, 3, 3, 3, 3));

  /** What every version served is tested on is drawn where it was; else the learner itself. */
  void draw(String stream, Map<String, List<Result>> results) throws IOException {
    boolean served = results.values().stream().flatMap(List::stream).anyMatch(this::publishes);
    List<Line> lines = new ArrayList<>();
    Result first = results.values().iterator().next().get(0);
    if (!served && !first.frozen().isEmpty()) {
      lines.add(line("frozen", Look.FROZEN, results.values().iterator().next(), this::frozen));
    }
    for (GuardTrial trial : GuardTrial.ALL) {
      List<Result> runs = results.getOrDefault(trial.name(), List.of());
      if (!runs.isEmpty()) {
        Look look = Objects.requireNonNull(LOOKS.get(trial));
        lines.add(line(trial.name(), look, runs, served ? this::served : this::tested));
      }
    }
    CurveChart.write(
        directory.resolve("guards-" + stream),
        Measure.ACCURACY,
        "%s, mean of %d seeds".formatted(stream, seeds),
        served ? "accuracy of the served version (%)" : "accuracy, tested before trained (%)",
        lines);
  }

  private boolean publishes(Result result) {
    return !result.published().isEmpty();
  }

  private Line line(
      String name, Look look, List<Result> results, BiFunction<Result, Double, Double> share) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int window = 1; window <= WINDOWS; window++) {
      double end = (double) window / WINDOWS * limit;
      double mean =
          results.stream()
              .mapToDouble(result -> share.apply(result, end))
              .filter(each -> !Double.isNaN(each))
              .average()
              .orElse(Double.NaN);
      if (!Double.isNaN(mean)) {
        x.add(end);
        y.add(mean);
      }
    }
    return new Line(name, look, array(x), array(y));
  }

  private double tested(Result result, double end) {
    return within(result.tested(), end);
  }

  private double frozen(Result result, double end) {
    return within(result.frozen(), end);
  }

  private double within(List<Tested> tested, double end) {
    double begin = end - (double) limit / WINDOWS;
    return Result.mean(tested.stream().filter(t -> t.at() > begin && t.at() <= end).toList());
  }

  /** NaN before the first version. */
  private double served(Result result, double at) {
    return result.published().stream()
        .filter(version -> version.at() <= at)
        .max(Comparator.comparingInt(Tested::at))
        .map(Tested::accuracy)
        .orElse(Double.NaN);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
