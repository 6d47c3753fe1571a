package dev.reslora.snapshot;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import java.io.IOException;

/** Turns announcements into records of the serving topic. Thread-confined. */
public final class AnnouncementWriter {

  private final AvroEncoder<SnapshotAnnouncement> announcements;

  /**
   * Prepares to write.
   *
   * @param wire how records are written
   * @param topic the serving topic; names the schema in a registry
   * @throws IOException when the schema could not be registered
   */
  public AnnouncementWriter(WireConfig wire, String topic) throws IOException {
    this.announcements =
        wire.encoder(SnapshotAnnouncement.class, topic, SubjectNaming.TOPIC_AND_RECORD);
  }

  /** The record; it goes to the adapter's partition as all others of the adapter do. */
  public ServingRecord write(SnapshotAnnouncement announcement) {
    String adapterId = announcement.getAdapterId();
    return new ServingRecord(
        ServingKey.ofAdapter(adapterId).bytes(),
        announcements.encode(announcement),
        ServingRecordWriter.partitionHash(adapterId),
        "announcement",
        announcement.getVersion(),
        CloudEvent.of(announcement));
  }
}
