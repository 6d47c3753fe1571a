package dev.reslora.pipeline.bench;

import org.jspecify.annotations.Nullable;

/**
 * One measured figure; {@code --json} prints an array of these.
 *
 * @param name what was measured
 * @param unit of median, min and max
 * @param baseline name of the row that it is compared with; null where there is none
 * @param ratio speed against the baseline; above 1 is faster
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
}
