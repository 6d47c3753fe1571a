package dev.reslora.model;

/** Told how far an import is; from one thread. */
@FunctionalInterface
public interface ImportProgress {

  /** Tells nobody. */
  ImportProgress NONE = (done, total, what) -> {};

  /**
   * The import has come this far.
   *
   * @param done units done
   * @param total units to do
   * @param what the units, as {@code MB of minilm}
   */
  void at(long done, long total, String what);
}
