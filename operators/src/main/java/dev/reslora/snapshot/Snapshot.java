package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotManifest;

/**
 * A version of an adapter, or a candidate for one (version 0, no parent, no digest). Made by the
 * train stage, numbered and chained by the publish stage.
 *
 * @param manifest what it is
 * @param payload the files' bytes, one after the other in the manifest's order
 */
public record Snapshot(SnapshotManifest manifest, byte[] payload) {}
