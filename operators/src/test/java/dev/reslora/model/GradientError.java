package dev.reslora.model;

import java.util.stream.IntStream;

/** A gradient and what it should be. */
record GradientError(float[] found, double[] expected) {

  /** Norm of the difference over a range. */
  double error(int from, int to) {
    return Math.sqrt(
        IntStream.range(from, to).mapToDouble(i -> square(found[i] - expected[i])).sum());
  }

  /** Norm of what is expected over a range. */
  double norm(int from, int to) {
    return Math.sqrt(IntStream.range(from, to).mapToDouble(i -> square(expected[i])).sum());
  }

  /** Error relative to the range's own norm, or 1 % of the whole's if that is more. */
  double share(int from, int to) {
    return error(from, to) / Math.max(norm(from, to), 0.01 * norm(0, expected.length));
  }

  private static double square(double x) {
    return x * x;
  }
}
