package dev.reslora.pipeline.bench;

/** Told how a benchmark goes. */
public interface BenchListener {

  /** A line worth keeping: the conditions of the measurement. */
  void says(String line);

  /** How far it is. */
  void progress(long done, long total, String what);
}
