package dev.reslora.training;

import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How an adapter does on the examples of an {@link AnchorFile}, against how it did when each was
 * measured first. An example with a label that the adapter does not have yet counts as wrong, and
 * has no loss.
 */
final class AnchorWatch {

  private static final int FORMAT = 1;
  private static final long NEVER = -1;
  private static final String SECTION = "guards.anchors";

  private final AnchorFile file;

  /** First loss of each example, nats a prediction; NaN before it was measured. */
  private final double[] first;

  private double loss = Double.NaN;
  private double accuracy = Double.NaN;
  private double rise = Double.NaN;
  private long measuredAt = NEVER;

  AnchorWatch(AnchorFile file) {
    this.file = file;
    this.first = new double[file.examples().size()];
    Arrays.fill(first, Double.NaN);
  }

  /** Whether a measurement at this optimizer step would tell anything new. */
  boolean stale(long step) {
    return !file.examples().isEmpty() && step != measuredAt;
  }

  /** Whether it is time for one. */
  boolean due(long step) {
    boolean never = measuredAt == NEVER;
    boolean again = file.everySteps() > 0 && step - measuredAt >= file.everySteps();
    return stale(step) && (never || again);
  }

  long heapBytes() {
    return (long) Double.BYTES * first.length;
  }

  /** The adapter's numbers have changed without a step. */
  void invalidate() {
    measuredAt = NEVER;
  }

  /** Numbers of the examples that an adapter with these labels can be asked. */
  int[] askable(List<String> labels) {
    return IntStream.range(0, first.length)
        .filter(i -> file.examples().get(i).label() == null || labels.contains(label(i)))
        .toArray();
  }

  private @Nullable String label(int example) {
    return file.examples().get(example).label();
  }

  List<TokenizedExample> examples(int[] which) {
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i : which) {
      examples.add(file.examples().get(i));
    }
    return examples;
  }

  /**
   * Takes a measurement.
   *
   * @param which examples were asked
   * @param losses theirs, nats a prediction
   * @param right 1 where the answer was, else 0; nothing of a language model
   */
  void measured(long step, int[] which, double[] losses, double[] right) {
    if (which.length == 0) {
      return;
    }
    double risen = 0;
    for (int i = 0; i < which.length; i++) {
      if (Double.isNaN(first[which[i]])) {
        first[which[i]] = losses[i];
      }
      risen += losses[i] - first[which[i]];
    }
    loss = DoubleStream.of(losses).sum() / which.length;
    accuracy = right.length == 0 ? Double.NaN : DoubleStream.of(right).sum() / first.length;
    rise = risen / which.length;
    measuredAt = step;
  }

  /** Mean of the losses now minus the first ones, nats; NaN before there are any. */
  double rise() {
    return rise;
  }

  /** Adds the latest figures to a step's report. */
  void report(StepReport report) {
    report.setAnchorLoss(Guards.known(loss));
    report.setAnchorAccuracy(Guards.known(accuracy));
    report.setAnchorForgetting(Guards.known(rise));
  }

  void write(Sections sections) {
    if (!file.examples().isEmpty()) {
      sections.put(SECTION, this::write);
    }
  }

  private void write(DataOutput out) throws IOException {
    out.writeInt(FORMAT);
    out.writeUTF(file.digest());
    out.writeInt(first.length);
    for (double each : first) {
      out.writeDouble(each);
    }
    out.writeDouble(loss);
    out.writeDouble(accuracy);
    out.writeDouble(rise);
    out.writeLong(measuredAt);
  }

  /** What was written of the same file; of another, or of none, it begins anew. */
  static AnchorWatch read(AnchorFile file, Sections sections) {
    AnchorWatch fresh = new AnchorWatch(file);
    return sections.has(SECTION) ? sections.get(SECTION, fresh::read) : fresh;
  }

  private AnchorWatch read(DataInput in) throws IOException {
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IncompatibleStateException(
          "state of the anchor file: expected format " + FORMAT + ", found " + format);
    }
    boolean same = in.readUTF().equals(file.digest());
    AnchorWatch read = same ? this : new AnchorWatch(AnchorFile.NONE);
    double[] firsts = new double[in.readInt()];
    for (int i = 0; i < firsts.length; i++) {
      firsts[i] = in.readDouble();
    }
    System.arraycopy(firsts, 0, read.first, 0, read.first.length);
    read.loss = in.readDouble();
    read.accuracy = in.readDouble();
    read.rise = in.readDouble();
    read.measuredAt = in.readLong();
    return this;
  }
}
