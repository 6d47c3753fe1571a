package dev.reslora.snapshot;

import java.io.IOException;

/**
 * What rounding from float32 loses, summed over the tensors that were rounded.
 *
 * @param weights ||W - round(W)||_F / ||W||_F over all of them
 * @param change the same error over the adapted weights alone, against what the adapter changes in
 *     them, ||dW||_F: the share of the adapter's work that drowns
 * @param largest largest error of a single number
 */
public record Rounding(double weights, double change, double largest) {

  /** Sums as tensors go by. */
  static final class Meter {

    private double missed;
    private double whole;
    private double missedAdapted;
    private double changed;
    private double largest;

    /** Adds a tensor that stays as it was but for the rounding. */
    void add(String name, float[] exact, float[] rounded) throws IOException {
      missed += miss(name, exact, rounded);
    }

    /** Adds a tensor that an adapter changed. */
    void add(String name, float[] before, float[] exact, float[] rounded) throws IOException {
      double miss = miss(name, exact, rounded);
      missed += miss;
      missedAdapted += miss;
      for (int i = 0; i < exact.length; i++) {
        double change = (double) exact[i] - before[i];
        changed += change * change;
      }
    }

    private double miss(String name, float[] exact, float[] rounded) throws IOException {
      double sum = 0;
      for (int i = 0; i < exact.length; i++) {
        if (!Float.isFinite(rounded[i])) {
          throw new IOException(
              "tensor '" + name + "': " + exact[i] + " is beyond the type's range; use another");
        }
        double error = Math.abs((double) exact[i] - rounded[i]);
        largest = Math.max(largest, error);
        sum += error * error;
        whole += (double) exact[i] * exact[i];
      }
      return sum;
    }

    Rounding result() {
      return new Rounding(ratio(missed, whole), ratio(missedAdapted, changed), largest);
    }

    private static double ratio(double square, double of) {
      return of > 0 ? Math.sqrt(square / of) : 0;
    }
  }
}
