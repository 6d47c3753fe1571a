package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Test-then-train figures of one model in two views (Gama, Sebastião and Rodrigues 2013): faded, in
 * which an example counts a factor less with every one after it, and over a sliding window.
 */
public final class Prequential {

  /** A prediction and its place in the window. */
  private static final long PREDICTION_BYTES = 48;

  private final double fadingFactor;
  private final int window;
  private final Tally faded;
  private final Deque<Prediction> recent;

  /**
   * @param fadingFactor at most 1; 1 forgets nothing
   * @param window examples in the sliding window
   */
  public Prequential(double fadingFactor, int window) {
    this(fadingFactor, window, new Tally(), new ArrayDeque<>());
  }

  private Prequential(double fadingFactor, int window, Tally faded, Deque<Prediction> recent) {
    this.fadingFactor = fadingFactor;
    this.window = window;
    this.faded = faded;
    this.recent = recent;
  }

  public void add(Prediction prediction) {
    faded.fade(fadingFactor);
    faded.add(prediction);
    recent.addLast(prediction);
    trim();
  }

  private void trim() {
    while (recent.size() > window) {
      recent.removeFirst();
    }
  }

  public Figures faded() {
    return faded.figures();
  }

  public Figures window() {
    Tally tally = new Tally();
    recent.forEach(tally::add);
    return tally.figures();
  }

  /** Bytes of Java heap, by estimate. */
  public long heapBytes() {
    return PREDICTION_BYTES * recent.size();
  }

  public void write(DataOutput out) throws IOException {
    faded.write(out);
    out.writeInt(recent.size());
    for (Prediction prediction : recent) {
      out.writeDouble(prediction.loss());
      out.writeInt(prediction.target());
      out.writeInt(prediction.predicted());
      out.writeDouble(prediction.confidence());
    }
  }

  /** What {@link #write} wrote; a smaller window forgets the oldest. */
  public static Prequential read(double fadingFactor, int window, DataInput in) throws IOException {
    Tally faded = Tally.read(in);
    Deque<Prediction> recent = new ArrayDeque<>();
    for (int count = in.readInt(); count > 0; count--) {
      recent.addLast(new Prediction(in.readDouble(), in.readInt(), in.readInt(), in.readDouble()));
    }
    Prequential prequential = new Prequential(fadingFactor, window, faded, recent);
    prequential.trim();
    return prequential;
  }
}
