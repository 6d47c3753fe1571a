package dev.reslora.reslora;

import java.util.ArrayDeque;
import java.util.Deque;

/** The mean of the last few norms that were not zero (ResLoRA, section 3.2). */
final class NormWindow {

  private final int capacity;
  private final Deque<Double> norms = new ArrayDeque<>();

  NormWindow(int capacity) {
    this.capacity = capacity;
  }

  void add(double norm) {
    if (norm > 0) {
      norms.addLast(norm);
      if (norms.size() > capacity) {
        norms.removeFirst();
      }
    }
  }

  /** The mean, or 0 when there was none. */
  double mean() {
    return norms.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }
}
