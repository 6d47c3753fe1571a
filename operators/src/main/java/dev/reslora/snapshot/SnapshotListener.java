package dev.reslora.snapshot;

/** Takes what comes of a serving topic, on the thread that reads it. */
public interface SnapshotListener {

  /** A new version is whole and checked. */
  void published(PublishedVersion version);

  /** A version was refused; the one before stays the newest. */
  default void refused(RefusedVersion refusal) {}

  /** The adapter was taken from the topic by a tombstone. */
  default void retired(String adapterId) {}
}
