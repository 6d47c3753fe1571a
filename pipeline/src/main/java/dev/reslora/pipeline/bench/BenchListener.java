package dev.reslora.pipeline.bench;

import java.util.Locale;

/** Told how a benchmark goes. */
public interface BenchListener {

  /** A line worth keeping: the conditions of the measurement. */
  void says(String line);

  /** A line of figures, as each part of a measurement is done: a run cut short has these. */
  default void figures(String format, Object... values) {
    says(String.format(Locale.ROOT, format, values));
  }

  /** How far it is. */
  void progress(long done, long total, String what);
}
