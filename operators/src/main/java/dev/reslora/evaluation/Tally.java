package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** Weighted sums behind {@link Figures}. */
final class Tally {

  private static final int BINS = 15;

  /** Of a label: right, predicted, occurred. */
  private static final int COUNTS = 3;

  /** A label that has faded to less than this many examples is no longer a class of the stream. */
  private static final double VANISHED = 1e-3;

  private double weight;
  private double loss;
  private double labelled;
  private double correct;
  private double[] byLabel = {};
  private final double[] binWeight = new double[BINS];
  private final double[] binConfidence = new double[BINS];
  private final double[] binCorrect = new double[BINS];

  void add(Prediction prediction) {
    weight++;
    loss += prediction.loss();
    if (prediction.target() == Prediction.NONE) {
      return;
    }
    labelled++;
    double right = prediction.correct() ? 1 : 0;
    correct += right;
    count(prediction.target(), 2, 1);
    if (prediction.predicted() != Prediction.NONE) {
      count(prediction.predicted(), 1, 1);
      count(prediction.predicted(), 0, right);
    }
    int bin = (int) Math.max(0, Math.min(BINS - 1, Math.ceil(prediction.confidence() * BINS) - 1));
    binWeight[bin]++;
    binConfidence[bin] += prediction.confidence();
    binCorrect[bin] += right;
  }

  private void count(int label, int what, double by) {
    if (byLabel.length < COUNTS * (label + 1)) {
      byLabel = Arrays.copyOf(byLabel, COUNTS * (label + 1));
    }
    byLabel[COUNTS * label + what] += by;
  }

  /** Makes everything so far count this much less. */
  void fade(double factor) {
    weight *= factor;
    loss *= factor;
    labelled *= factor;
    correct *= factor;
    for (double[] sums : new double[][] {byLabel, binWeight, binConfidence, binCorrect}) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] *= factor;
      }
    }
  }

  Figures figures() {
    return new Figures(
        weight, loss / weight, correct / labelled, macroF1(), calibrationError() / labelled);
  }

  private double macroF1() {
    double sum = 0;
    int classes = 0;
    for (int at = 0; at < byLabel.length; at += COUNTS) {
      double occurred = byLabel[at + 1] + byLabel[at + 2];
      if (occurred >= VANISHED) {
        sum += 2 * byLabel[at] / occurred;
        classes++;
      }
    }
    return sum / classes;
  }

  private double calibrationError() {
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      sum += Math.abs(binConfidence[bin] - binCorrect[bin]);
    }
    return sum;
  }

  void write(DataOutput out) throws IOException {
    out.writeDouble(weight);
    out.writeDouble(loss);
    out.writeDouble(labelled);
    out.writeDouble(correct);
    out.writeInt(byLabel.length);
    for (double[] sums : new double[][] {byLabel, binWeight, binConfidence, binCorrect}) {
      for (double sum : sums) {
        out.writeDouble(sum);
      }
    }
  }

  static Tally read(DataInput in) throws IOException {
    Tally tally = new Tally();
    tally.weight = in.readDouble();
    tally.loss = in.readDouble();
    tally.labelled = in.readDouble();
    tally.correct = in.readDouble();
    tally.byLabel = new double[in.readInt()];
    for (double[] sums :
        new double[][] {tally.byLabel, tally.binWeight, tally.binConfidence, tally.binCorrect}) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] = in.readDouble();
      }
    }
    return tally;
  }
}
