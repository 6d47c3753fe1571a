package dev.reslora.pipeline.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What one contestant measured, a number a round; every contestant runs in every round. */
final class Samples {

  private final String name;
  private final List<Double> values = new ArrayList<>();

  Samples(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  void add(double value) {
    values.add(value);
  }

  /** What was measured last. */
  double last() {
    return values.get(values.size() - 1);
  }

  /** A row of times: the ratio is the median over the rounds of how much faster this one was. */
  BenchRow times(String unit, @Nullable Samples baseline) {
    if (baseline == null) {
      return row(unit, null, null);
    }
    List<Double> ratios =
        IntStream.range(0, values.size())
            .mapToObj(i -> baseline.values.get(i) / values.get(i))
            .toList();
    return row(unit, baseline.name, median(ratios));
  }

  /** A row of rates: the ratio is of medians. */
  BenchRow rates(String unit, @Nullable Samples baseline) {
    return baseline == null
        ? row(unit, null, null)
        : row(unit, baseline.name, median() / baseline.median());
  }

  private BenchRow row(String unit, @Nullable String baseline, @Nullable Double ratio) {
    return new BenchRow(
        name, unit, median(), Collections.min(values), Collections.max(values), baseline, ratio);
  }

  double median() {
    return median(values);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
