package dev.reslora.pipeline.local;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Holds a loop to so many rounds a second, evenly. */
public final class Pace {

  private final double nanosEach;
  private final LongSupplier clock;
  private final LongConsumer park;
  private final long begin;
  private long rounds;

  /** Times are nanoseconds; park may return early. */
  Pace(double perSecond, LongSupplier clock, LongConsumer park) {
    this.nanosEach = 1e9 / perSecond;
    this.clock = clock;
    this.park = park;
    this.begin = clock.getAsLong();
  }

  /** So many rounds a second, above 0; infinite for no limit. */
  public static Pace of(double perSecond) {
    return new Pace(perSecond, System::nanoTime, LockSupport::parkNanos);
  }

  /** Returns when the next round is due; early when the thread is interrupted. */
  public void await() {
    long due = begin + (long) (rounds++ * nanosEach);
    for (long wait = due - clock.getAsLong(); wait > 0; wait = due - clock.getAsLong()) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      park.accept(wait);
    }
  }
}
