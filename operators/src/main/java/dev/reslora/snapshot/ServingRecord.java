package dev.reslora.snapshot;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record of the serving topic as it goes out. Made by the publish stage, consumed by the sink.
 *
 * @param key see {@link ServingKey}
 * @param value a chunk, a manifest or an announcement in the wire format; null deletes the key
 * @param partitionHash the same for all records of an adapter, not negative; the partition is its
 *     remainder by the topic's partitions
 * @param type chunk, manifest, announcement or tombstone; a header
 * @param version the version that it belongs to; a header
 * @param attributes further headers: a manifest's and an announcement's CloudEvents attributes
 */
public record ServingRecord(
    byte[] key,
    byte @Nullable [] value,
    int partitionHash,
    String type,
    long version,
    Map<String, String> attributes) {

  /** A record without further headers. */
  public ServingRecord(
      byte[] key, byte @Nullable [] value, int partitionHash, String type, long version) {
    this(key, value, partitionHash, type, version, Map.of());
  }
}
