package dev.reslora.training;

import dev.reslora.text.TokenizedExample;

/**
 * What an adapter's parts take of the Java heap: estimates, on the safe side, for objects whose
 * references are compressed. An example that two parts share counts in both.
 */
final class HeapBytes {

  /** Of one live adapter, whatever it has learned: tensors' handles, configuration, labels. */
  static final long ADAPTER = 16 << 10;

  /** Of one entry of a map of numbers. */
  static final long ID = 96;

  /** Headers of an example, its arrays, its texts and the entry that holds it. */
  private static final long EXAMPLE = 256;

  private HeapBytes() {}

  static long of(TokenizedExample example) {
    return of(Reservoir.size(example), 1);
  }

  /**
   * Of some examples.
   *
   * @param bytes of theirs, as {@link Reservoir#size} counts them
   */
  static long of(long bytes, int examples) {
    return bytes + EXAMPLE * examples;
  }
}
