package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * A test that may be looked at after every value: is the mean of a sequence of numbers in [-1, 1]
 * above a bound? Bets a capital of 1 against "the mean is at most the bound", a share of it on
 * every value: each bet's capital is a nonnegative supermartingale under that hypothesis, and so is
 * their mean, so by Ville's inequality the chance that it ever reaches 1/alpha is at most alpha
 * (Waudby-Smith and Ramdas 2024, betting with a uniform mixture).
 */
public final class SequentialTest {

  /** Shares of the largest bet that can not lose everything. */
  private static final int BETS = 32;

  private final double bound;
  private final double[] logCapital = new double[BETS];
  private long count;
  private double sum;

  /**
   * @param bound above -1, below 1
   */
  public SequentialTest(double bound) {
    if (!(bound > -1 && bound < 1)) {
      throw new IllegalArgumentException("bound: expected above -1 and below 1, found " + bound);
    }
    this.bound = bound;
  }

  /** Takes the next value, from -1 to 1. */
  public void add(double value) {
    count++;
    sum += value;
    for (int bet = 0; bet < BETS; bet++) {
      double share = (bet + 0.5) / BETS / (1 + bound);
      logCapital[bet] += Math.log1p(share * (value - bound));
    }
  }

  public long count() {
    return count;
  }

  /** Mean of the values; 0 when there is none. */
  public double mean() {
    return count == 0 ? 0 : sum / count;
  }

  /** Natural logarithm of the capital: the evidence that the mean is above the bound. */
  public double logEvidence() {
    double most = Arrays.stream(logCapital).max().orElseThrow();
    double shares = 0;
    for (double capital : logCapital) {
      shares += Math.exp(capital - most);
    }
    return most + Math.log(shares / BETS);
  }

  /** Whether the evidence suffices at this error probability. */
  public boolean rejects(double alpha) {
    return logEvidence() >= -Math.log(alpha);
  }

  public void write(DataOutput out) throws IOException {
    out.writeLong(count);
    out.writeDouble(sum);
    for (double capital : logCapital) {
      out.writeDouble(capital);
    }
  }

  /** What {@link #write} wrote. */
  public static SequentialTest read(double bound, DataInput in) throws IOException {
    SequentialTest test = new SequentialTest(bound);
    test.count = in.readLong();
    test.sum = in.readDouble();
    for (int bet = 0; bet < BETS; bet++) {
      test.logCapital[bet] = in.readDouble();
    }
    return test;
  }
}
