package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotAnnouncement;

/** Takes what comes of a serving topic, on the thread that reads it. */
public interface SnapshotListener {

  /** A new version is whole and checked. */
  void published(PublishedVersion version);

  /** A version was refused; the one before stays the newest. */
  default void refused(RefusedVersion refusal) {}

  /**
   * A version is current from here on: until the next announcement or, unless pinned, the next
   * version. It may be one that was not handed out.
   */
  default void announced(SnapshotAnnouncement announcement) {}

  /** A version was taken from the topic by a tombstone; whoever has it may keep it. */
  default void retired(String adapterId, long version) {}

  /** The adapter was taken from the topic by a tombstone. */
  default void retired(String adapterId) {}
}
