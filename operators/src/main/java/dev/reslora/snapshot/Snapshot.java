package dev.reslora.snapshot;

import dev.reslora.model.Digests;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * A version of an adapter, or a candidate for one (version 0, no parent, no digest). Made by the
 * train stage, numbered and chained by the publish stage.
 *
 * @param manifest what it is
 * @param payload the files' bytes, one after the other in the manifest's order
 */
public record Snapshot(SnapshotManifest manifest, byte[] payload) {

  /**
   * A candidate.
   *
   * @param facts all that the train stage knows; version, digests, files and sizes are set here
   * @param files name to bytes
   */
  public static Snapshot candidate(
      SnapshotManifest.Builder facts, SortedMap<String, byte[]> files) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    List<SnapshotFile> entries = new ArrayList<>();
    files.forEach(
        (name, bytes) -> {
          payload.writeBytes(bytes);
          entries.add(new SnapshotFile(name, (long) bytes.length, Digests.hex(bytes)));
        });
    SnapshotManifest manifest =
        facts
            .setVersion(0)
            .setParentDigest("")
            .setDigest("")
            .setFormat(PeftLayout.FORMAT)
            .setFiles(entries)
            .setChunkCount(0)
            .setPayloadSize(payload.size())
            .build();
    return new Snapshot(manifest, payload.toByteArray());
  }
}
