package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Attributes of CloudEvents 1.0 in Kafka's binary mode, a header each. The id is the manifest's
 * digest: what is sent again has the id that it had.
 */
final class CloudEvent {

  private static final String PREFIX = "ce_";

  private CloudEvent() {}

  static Map<String, String> of(SnapshotManifest manifest) {
    Map<String, String> attributes =
        attributes(
            "dev.reslora.snapshot.published",
            manifest.getDigest(),
            manifest.getAdapterId(),
            manifest.getEventTime());
    if (!manifest.getDataref().isEmpty()) {
      attributes.put(PREFIX + "dataref", manifest.getDataref());
    }
    return attributes;
  }

  static Map<String, String> of(SnapshotAnnouncement announcement) {
    return attributes(
        "dev.reslora.snapshot.announced",
        announcement.getDigest() + "@" + announcement.getEventTime().toEpochMilli(),
        announcement.getAdapterId(),
        announcement.getEventTime());
  }

  private static Map<String, String> attributes(
      String type, String id, String adapterId, Instant time) {
    Map<String, String> attributes = new TreeMap<>();
    attributes.put(PREFIX + "specversion", "1.0");
    attributes.put(PREFIX + "type", type);
    attributes.put(
        PREFIX + "source",
        "/reslora/adapters/" + URLEncoder.encode(adapterId, StandardCharsets.UTF_8));
    attributes.put(PREFIX + "id", id);
    attributes.put(PREFIX + "subject", adapterId);
    attributes.put(PREFIX + "time", time.toString());
    return attributes;
  }
}
