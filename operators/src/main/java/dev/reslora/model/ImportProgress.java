package dev.reslora.model;

/** Told how far an import is; from one thread. */
@FunctionalInterface
public interface ImportProgress {

  /** Tells nobody. */
  ImportProgress NONE = (what, share) -> {};

  /**
   * The import has come this far.
   *
   * @param what is being done, as {@code fetching minilm}
   * @param share done of it, 0 to 1
   */
  void at(String what, double share);
}
