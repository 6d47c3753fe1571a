package dev.reslora.evaluation;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Finds a change in the mean of a sequence. A function of the values in order; the defaults of
 * every parameter, and their names, are those of the River library.
 */
public sealed interface DriftDetector permits Adwin, PageHinkley, Ddm {

  /**
   * Takes the next value.
   *
   * @return whether the mean has risen; after a change, up or down, the detector begins anew
   */
  boolean rises(double value);

  void write(DataOutput out) throws IOException;

  /** Puts the detector into the state that {@link #write} wrote. */
  void read(DataInput in) throws IOException;
}
