package dev.reslora.snapshot;

/** How a version joins what the reader knew of its chain. */
public enum Continuity {
  /** Version 1. */
  GENESIS,
  /** Its parent is the version known before it, which the adapter may have been deleted after. */
  CHAINED,
  /** Known from before the adapter was deleted: a writer that recovers says it again. */
  AGAIN,
  /**
   * Versions between the known one and this were not seen whole: the start of a compacted topic, or
   * refused ones.
   */
  GAP
}
