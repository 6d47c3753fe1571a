package dev.reslora.snapshot;

/** Why a version was not handed out. */
public enum Refusal {
  /** A record that is no chunk or manifest, or contradicts its key or itself. */
  MALFORMED,
  /** More bytes than the reader's limit. */
  TOO_LARGE,
  /** A manifest with no chunk before it. */
  NO_CHUNKS,
  /** The file that the manifest names is not in the store. */
  NO_PAYLOAD,
  /** Chunks are missing between those that are there, before, or after them. */
  MISSING_CHUNK,
  /** A chunk came again, or after a later one. */
  OUT_OF_ORDER,
  /** Records of two versions among each other. */
  INTERLEAVED,
  /** The chunks are not as many or as long as the manifest says. */
  WRONG_SIZE,
  /** The manifest, or a file, does not have the digest that it should have. */
  WRONG_DIGEST,
  /** Older than what is known, and not a repetition of it. */
  STALE,
  /** Another child of a known parent, or a child of an unknown one in a known one's place. */
  FORK,
  /**
   * Whole and right, but not for this reader: for another base model, or of a form it cannot run.
   */
  NOT_SERVABLE
}
