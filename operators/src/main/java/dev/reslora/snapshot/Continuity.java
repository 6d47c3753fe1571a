package dev.reslora.snapshot;

/** How a version joins what the reader knew of its chain. */
public enum Continuity {
  /** Version 1. */
  GENESIS,
  /** Its parent is the version known before it. */
  CHAINED,
  /**
   * Versions between the known one and this were not seen whole: the start of a compacted topic, or
   * refused ones.
   */
  GAP
}
