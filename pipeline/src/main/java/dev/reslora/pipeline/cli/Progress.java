package dev.reslora.pipeline.cli;

import java.io.PrintWriter;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How far a command is, as one line of standard error that is written over again and again. Nothing
 * at all where that is not a terminal.
 */
final class Progress implements AutoCloseable {

  private static final int BAR = 30;
  private static final long REFRESH_NANOS = 200_000_000;
  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintWriter err;
  private final boolean watched;
  private final LongSupplier clock;
  private long nextNanos;

  private Progress(PrintWriter err, boolean watched, LongSupplier clock) {
    this.err = err;
    this.watched = watched;
    this.clock = clock;
    this.nextNanos = clock.getAsLong();
  }

  static Progress on(PrintWriter err) {
    return new Progress(err, Terminal.isWatched(), System::nanoTime);
  }

  static Progress on(PrintWriter err, boolean watched, LongSupplier clock) {
    return new Progress(err, watched, clock);
  }

  /**
   * Shows where the work is; at most five times a second, so it may be called for every record.
   *
   * @param done units done
   * @param total units to do, where that is known
   * @param what the units, and anything else worth a word
   */
  void show(long done, OptionalLong total, String what) {
    if (!watched || clock.getAsLong() < nextNanos) {
      return;
    }
    nextNanos = clock.getAsLong() + REFRESH_NANOS;
    err.print(CLEAR_LINE + line(done, total, what));
    err.flush();
  }

  private static String line(long done, OptionalLong total, String what) {
    if (total.isEmpty() || total.getAsLong() <= 0) {
      return "%,d %s".formatted(done, what);
    }
    double share = Math.min(1, (double) done / total.getAsLong());
    int filled = (int) (share * BAR);
    return "[%s%s] %3d %%  %,d of %,d %s"
        .formatted(
            "#".repeat(filled),
            "-".repeat(BAR - filled),
            (int) (100 * share),
            done,
            total.getAsLong(),
            what);
  }

  /** Takes the line away. */
  @Override
  public void close() {
    if (watched) {
      err.print(CLEAR_LINE);
      err.flush();
    }
  }
}
