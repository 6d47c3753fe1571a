package dev.reslora.pipeline;

import java.util.Locale;

/** Where keyed state lies between checkpoints. */
public enum StateBackendKind {
  /** On local disk; checkpoints carry only what changed. */
  ROCKSDB,
  /** On the heap; quicker for few large adapters, every checkpoint is whole. */
  HASHMAP;

  /** The name in options, and Flink's. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
