package dev.reslora.snapshot;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Turns a version into its records, in the order that consumers rely on: chunks, tombstones of
 * chunks that only the version before had, manifest last. Thread-confined.
 */
public final class ServingRecordWriter {

  /** Fits, with key and envelope, into a topic's default largest record of 1,048,588 bytes. */
  static final int CHUNK_BYTES = 1_000_000;

  private final AvroEncoder<SnapshotChunk> chunks;
  private final AvroEncoder<SnapshotManifest> manifests;

  /**
   * Prepares to write.
   *
   * @param wire how records are written
   * @param topic the serving topic; names the schemas in a registry
   * @throws IOException when the schemas could not be registered
   */
  public ServingRecordWriter(WireConfig wire, String topic) throws IOException {
    this.chunks = wire.encoder(SnapshotChunk.class, topic, SubjectNaming.TOPIC_AND_RECORD);
    this.manifests = wire.encoder(SnapshotManifest.class, topic, SubjectNaming.TOPIC_AND_RECORD);
  }

  /**
   * Writes a version's records.
   *
   * @param version a numbered version
   * @param before the chain's head before it
   */
  public void write(Snapshot version, ChainHead before, Consumer<ServingRecord> out) {
    SnapshotManifest manifest = version.manifest();
    String adapterId = manifest.getAdapterId();
    for (int i = 0; i < manifest.getChunkCount(); i++) {
      byte[] chunk = chunks.encode(chunk(version, i));
      out.accept(record(ServingKey.ofChunk(adapterId, i), chunk, "chunk", manifest));
    }
    for (int i = manifest.getChunkCount(); i < before.chunks(); i++) {
      out.accept(record(ServingKey.ofChunk(adapterId, i), null, "tombstone", manifest));
    }
    byte[] value = manifests.encode(manifest);
    out.accept(record(ServingKey.ofManifest(adapterId), value, "manifest", manifest));
  }

  /** Chunks of a payload; an empty one still has its chunk. */
  static int chunksFor(int payloadBytes) {
    return Math.max(1, (int) (((long) payloadBytes + CHUNK_BYTES - 1) / CHUNK_BYTES));
  }

  private static SnapshotChunk chunk(Snapshot version, int index) {
    int from = index * CHUNK_BYTES;
    int size = Math.min(CHUNK_BYTES, version.payload().length - from);
    SnapshotManifest manifest = version.manifest();
    return new SnapshotChunk(
        manifest.getAdapterId(),
        manifest.getVersion(),
        index,
        manifest.getChunkCount(),
        ByteBuffer.wrap(version.payload(), from, size).slice());
  }

  /** The hash is that of Kafka's default partitioner for a record keyed by the adapter id. */
  private static ServingRecord record(
      ServingKey key, byte @Nullable [] value, String type, SnapshotManifest manifest) {
    byte[] adapter = key.adapterId().getBytes(StandardCharsets.UTF_8);
    int hash = Utils.toPositive(Utils.murmur2(adapter));
    return new ServingRecord(key.bytes(), value, hash, type, manifest.getVersion());
  }
}
