package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Adaptive windowing (Bifet and Gavaldà 2007), ADWIN2: a window in an exponential histogram, cut
 * where the means of its two parts differ by more than their bound. The bound is that of section
 * 4.1, with the variance of the window. A fall begins a new window too, but is no alarm.
 */
public final class Adwin implements DriftDetector {

  private final Parameters parameters;

  /** Row r holds buckets of 2^r values, oldest first; the last row's first is the oldest of all. */
  private final List<List<Bucket>> rows = new ArrayList<>();

  private Bucket all = Bucket.EMPTY;
  private long ticks;

  public Adwin(Parameters parameters) {
    this.parameters = parameters;
  }

  /**
   * Parameters.
   *
   * @param delta bound of the false-alarm probability of one check
   * @param clock values from check to check
   * @param maxBuckets most buckets of a size
   * @param minWindowLength least values on either side of a cut
   * @param gracePeriod values before the first check
   */
  public record Parameters(
      double delta, int clock, int maxBuckets, int minWindowLength, int gracePeriod)
      implements Serializable {

    public static final Parameters DEFAULT = new Parameters(0.002, 32, 5, 5, 10);
  }

  /** Count, sum, and squared deviations from the mean, which add up (Babcock et al. 2003). */
  private record Bucket(double count, double sum, double squares) {

    static final Bucket EMPTY = new Bucket(0, 0, 0);

    double mean() {
      return sum / count;
    }

    Bucket plus(Bucket other) {
      return count == 0
          ? other
          : new Bucket(
              count + other.count,
              sum + other.sum,
              squares + other.squares + between(this, other, count + other.count));
    }

    /** Of a whole, what is left without this part of it. */
    Bucket minus(Bucket part) {
      Bucket rest = new Bucket(count - part.count, sum - part.sum, 0);
      return rest.count == 0
          ? EMPTY
          : new Bucket(rest.count, rest.sum, squares - part.squares - between(rest, part, count));
    }

    private static double between(Bucket a, Bucket b, double count) {
      double apart = a.mean() - b.mean();
      return a.count * b.count * apart * apart / count;
    }
  }

  /** Values in the window. */
  public long width() {
    return (long) all.count;
  }

  /** Mean of the window; 0 when it is empty. */
  public double estimate() {
    return all.count == 0 ? 0 : all.mean();
  }

  @Override
  public boolean rises(double value) {
    Bucket bucket = new Bucket(1, value, 0);
    all = all.plus(bucket);
    add(0, bucket);
    ticks++;
    if (ticks % parameters.clock != 0 || all.count <= parameters.gracePeriod || !splits()) {
      return false;
    }
    double before = estimate();
    while (splits()) {
      dropOldest();
    }
    boolean rose = estimate() > before;
    rows.clear();
    all = Bucket.EMPTY;
    ticks = 0;
    return rose;
  }

  private void add(int row, Bucket bucket) {
    if (row == rows.size()) {
      rows.add(new ArrayList<>());
    }
    List<Bucket> buckets = rows.get(row);
    buckets.add(bucket);
    if (buckets.size() > parameters.maxBuckets) {
      Bucket oldest = buckets.remove(0);
      add(row + 1, oldest.plus(buckets.remove(0)));
    }
  }

  /** Whether some cut parts the window into two of different means. */
  private boolean splits() {
    double window = all.count;
    double confidence = Math.log(2 * Math.log(window) / parameters.delta);
    double variance = all.squares / window;
    Bucket older = Bucket.EMPTY;
    for (int row = rows.size() - 1; row >= 0; row--) {
      for (Bucket bucket : rows.get(row)) {
        older = older.plus(bucket);
        Bucket newer = all.minus(older);
        if (newer.count < parameters.minWindowLength) {
          return false;
        }
        if (older.count >= parameters.minWindowLength
            && Math.abs(older.mean() - newer.mean())
                > bound(older.count, newer.count, variance, confidence)) {
          return true;
        }
      }
    }
    return false;
  }

  private double bound(double older, double newer, double variance, double confidence) {
    double least = parameters.minWindowLength;
    double m = 1 / (older - least + 1) + 1 / (newer - least + 1);
    return Math.sqrt(2 * m * variance * confidence) + 2.0 / 3 * confidence * m;
  }

  private void dropOldest() {
    List<Bucket> oldest = rows.get(rows.size() - 1);
    all = all.minus(oldest.remove(0));
    while (!rows.isEmpty() && rows.get(rows.size() - 1).isEmpty()) {
      rows.remove(rows.size() - 1);
    }
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(ticks);
    writeBucket(out, all);
    out.writeInt(rows.size());
    for (List<Bucket> row : rows) {
      out.writeInt(row.size());
      for (Bucket bucket : row) {
        writeBucket(out, bucket);
      }
    }
  }

  private static void writeBucket(DataOutput out, Bucket bucket) throws IOException {
    out.writeDouble(bucket.count);
    out.writeDouble(bucket.sum);
    out.writeDouble(bucket.squares);
  }

  @Override
  public void read(DataInput in) throws IOException {
    ticks = in.readLong();
    all = readBucket(in);
    rows.clear();
    for (int row = in.readInt(); row > 0; row--) {
      List<Bucket> buckets = new ArrayList<>();
      for (int count = in.readInt(); count > 0; count--) {
        buckets.add(readBucket(in));
      }
      rows.add(buckets);
    }
  }

  private static Bucket readBucket(DataInput in) throws IOException {
    return new Bucket(in.readDouble(), in.readDouble(), in.readDouble());
  }
}
