package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;

/**
 * The drift detection method (Gama et al. 2004) on errors, 0 or 1: the error rate lies so many
 * standard deviations above its lowest.
 */
public final class Ddm implements DriftDetector {

  private final Parameters parameters;
  private long count;
  private double rate;
  private double lowestRate;
  private double lowestDeviation;

  public Ddm(Parameters parameters) {
    this.parameters = parameters;
    reset();
  }

  /**
   * Parameters.
   *
   * @param warmStart values before a change can be found
   * @param driftThreshold standard deviations that are a change
   */
  public record Parameters(int warmStart, double driftThreshold) implements Serializable {

    public static final Parameters DEFAULT = new Parameters(30, 3);
  }

  private void reset() {
    count = 0;
    rate = 0;
    lowestRate = Double.POSITIVE_INFINITY;
    lowestDeviation = Double.POSITIVE_INFINITY;
  }

  @Override
  public boolean rises(double error) {
    count++;
    rate += (error - rate) / count;
    if (count <= parameters.warmStart) {
      return false;
    }
    double deviation = Math.sqrt(Math.max(0, rate * (1 - rate)) / count);
    double level = rate + deviation;
    if (level <= lowestRate + lowestDeviation) {
      lowestRate = rate;
      lowestDeviation = deviation;
    }
    if (level <= lowestRate + parameters.driftThreshold * lowestDeviation) {
      return false;
    }
    reset();
    return true;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(count);
    out.writeDouble(rate);
    out.writeDouble(lowestRate);
    out.writeDouble(lowestDeviation);
  }

  @Override
  public void read(DataInput in) throws IOException {
    count = in.readLong();
    rate = in.readDouble();
    lowestRate = in.readDouble();
    lowestDeviation = in.readDouble();
  }
}
