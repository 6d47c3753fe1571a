package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;

/**
 * The Page-Hinkley test (Page 1954; Mouss et al. 2004) for a rise: the cumulative deviation from
 * the running mean lies more than a threshold above its minimum.
 */
public final class PageHinkley implements DriftDetector {

  private final Parameters parameters;
  private long count;
  private double mean;
  private double sum;
  private double minimum;

  public PageHinkley(Parameters parameters) {
    this.parameters = parameters;
    reset();
  }

  /**
   * Parameters.
   *
   * @param minInstances values before a change can be found
   * @param delta deviation from the mean that is tolerated
   * @param threshold height over the minimum that is a change
   * @param alpha forgetting factor of the cumulative deviation
   */
  public record Parameters(int minInstances, double delta, double threshold, double alpha)
      implements Serializable {

    public static final Parameters DEFAULT = new Parameters(30, 0.005, 50, 1 - 0.0001);
  }

  private void reset() {
    count = 0;
    mean = 0;
    sum = 0;
    minimum = Double.POSITIVE_INFINITY;
  }

  @Override
  public boolean rises(double value) {
    count++;
    mean += (value - mean) / count;
    sum = parameters.alpha * sum + value - mean - parameters.delta;
    minimum = Math.min(minimum, sum);
    if (count < parameters.minInstances || sum - minimum <= parameters.threshold) {
      return false;
    }
    reset();
    return true;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(count);
    out.writeDouble(mean);
    out.writeDouble(sum);
    out.writeDouble(minimum);
  }

  @Override
  public void read(DataInput in) throws IOException {
    count = in.readLong();
    mean = in.readDouble();
    sum = in.readDouble();
    minimum = in.readDouble();
  }
}
