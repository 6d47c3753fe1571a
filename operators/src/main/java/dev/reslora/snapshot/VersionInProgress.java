package dev.reslora.snapshot;

import dev.reslora.model.Digests;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Chunks of one version, whole and in order so far, waiting for their manifest. */
final class VersionInProgress {

  private final long version;
  private final int count;
  private final List<ByteBuffer> chunks = new ArrayList<>();
  private long bytes;

  /**
   * @param first the chunk with index 0
   */
  VersionInProgress(SnapshotChunk first, long maxBytes) throws RefusalException {
    this.version = first.getVersion();
    this.count = first.getCount();
    add(first, maxBytes);
  }

  void add(SnapshotChunk chunk, long maxBytes) throws RefusalException {
    if (chunk.getVersion() != version) {
      throw new RefusalException(
          Refusal.INTERLEAVED,
          "chunk "
              + chunk.getIndex()
              + " of version "
              + chunk.getVersion()
              + " lies among those of "
              + version);
    }
    if (chunk.getCount() != count) {
      throw new RefusalException(
          Refusal.WRONG_SIZE,
          "chunk "
              + chunk.getIndex()
              + " is of "
              + chunk.getCount()
              + " chunks, chunk 0 of "
              + count);
    }
    if (chunk.getIndex() != chunks.size()) {
      throw new RefusalException(
          chunk.getIndex() > chunks.size() ? Refusal.MISSING_CHUNK : Refusal.OUT_OF_ORDER,
          "expected chunk " + chunks.size() + ", found chunk " + chunk.getIndex());
    }
    bytes += chunk.getBytes().remaining();
    if (bytes > maxBytes) {
      throw new RefusalException(
          Refusal.TOO_LARGE,
          "its chunks up to "
              + chunk.getIndex()
              + " have "
              + bytes
              + " bytes, the limit is "
              + maxBytes);
    }
    chunks.add(chunk.getBytes());
  }

  /** Cuts the chunks into the manifest's files and checks each digest. */
  SortedMap<String, byte[]> files(SnapshotManifest manifest) throws RefusalException {
    checkAgainst(manifest);
    return cut(manifest, chunks);
  }

  /** Cuts a payload of the right length into the manifest's files and checks each digest. */
  static SortedMap<String, byte[]> cut(SnapshotManifest manifest, List<ByteBuffer> payload)
      throws RefusalException {
    Deque<ByteBuffer> rest = new ArrayDeque<>(payload);
    SortedMap<String, byte[]> files = new TreeMap<>();
    for (SnapshotFile file : manifest.getFiles()) {
      byte[] content = new byte[Math.toIntExact(file.getSize())];
      fill(content, rest);
      String digest = Digests.hex(content);
      if (!digest.equals(file.getSha256())) {
        throw new RefusalException(
            Refusal.WRONG_DIGEST,
            "file "
                + file.getName()
                + " has digest "
                + digest
                + ", the manifest says "
                + file.getSha256());
      }
      files.put(file.getName(), content);
    }
    return Collections.unmodifiableSortedMap(files);
  }

  private void checkAgainst(SnapshotManifest manifest) throws RefusalException {
    if (manifest.getVersion() != version) {
      throw new RefusalException(
          Refusal.INTERLEAVED,
          "the manifest is of version "
              + manifest.getVersion()
              + ", the chunks before it of "
              + version);
    }
    if (chunks.size() < manifest.getChunkCount()) {
      throw new RefusalException(
          Refusal.MISSING_CHUNK,
          "the manifest says " + manifest.getChunkCount() + " chunks, found " + chunks.size());
    }
    if (count != manifest.getChunkCount() || bytes != manifest.getPayloadSize()) {
      throw new RefusalException(
          Refusal.WRONG_SIZE,
          "the manifest says "
              + manifest.getChunkCount()
              + " chunks of "
              + manifest.getPayloadSize()
              + " bytes, found "
              + count
              + " of "
              + bytes);
    }
  }

  private static void fill(byte[] content, Deque<ByteBuffer> rest) {
    int at = 0;
    while (at < content.length) {
      ByteBuffer chunk = rest.element();
      int size = Math.min(chunk.remaining(), content.length - at);
      chunk.get(content, at, size);
      at += size;
      if (!chunk.hasRemaining()) {
        rest.remove();
      }
    }
  }
}
