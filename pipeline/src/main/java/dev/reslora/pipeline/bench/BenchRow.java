package dev.reslora.pipeline.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One measured figure; {@code --json} prints an array of these.
 *
 * @param name what was measured
 * @param unit of median, min and max
 * @param baseline name of the row that it is compared with; null where there is none
 * @param ratio speed against the baseline; above 1 is faster; null where that is 0 or either is
 *     unknown
 */
public record BenchRow(
    String name,
    String unit,
    double median,
    double min,
    double max,
    @Nullable String baseline,
    @Nullable Double ratio) {

  /** A row of one number. */
  static BenchRow count(String name, String unit, long count) {
    return new BenchRow(name, unit, count, count, count, null, null);
  }

  /**
   * A row whose median is any quantile of many measurements.
   *
   * @param quantile 0.5 for the median, 0.99, ...
   * @param measured at least one
   */
  public static BenchRow quantile(
      String name, String unit, List<Double> measured, double quantile) {
    List<Double> sorted = measured.stream().sorted().toList();
    int rank = (int) Math.ceil(quantile * sorted.size()) - 1;
    return new BenchRow(
        name,
        unit,
        sorted.get(Math.max(0, rank)),
        sorted.get(0),
        sorted.get(sorted.size() - 1),
        null,
        null);
  }

  /** The same row of rates, with its ratio to another's, where there is one. */
  public BenchRow against(BenchRow other) {
    double quotient = median / other.median;
    Double known = Double.isFinite(quotient) ? (Double) quotient : null;
    return new BenchRow(name, unit, median, min, max, other.name, known);
  }
}
