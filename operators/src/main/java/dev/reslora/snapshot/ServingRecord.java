package dev.reslora.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * A record of the serving topic as it goes out. Made by the publish stage, consumed by the sink.
 *
 * @param key see {@link ServingKey}
 * @param value a chunk or a manifest in the wire format; null deletes the key
 * @param partitionHash the same for all records of an adapter, not negative; the partition is its
 *     remainder by the topic's partitions
 * @param type chunk, manifest or tombstone; a header
 * @param version the version that it belongs to; a header
 */
public record ServingRecord(
    byte[] key, byte @Nullable [] value, int partitionHash, String type, long version) {}
