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
 * Turns a version into its records, in the order that consumers rely on: chunks, tombstones of the
 * versions that it retires, manifest last. Thread-confined.
 */
public final class ServingRecordWriter {

  /** Fits, with key and envelope, into a topic's default largest record of 1,048,588 bytes. */
  static final int CHUNK_BYTES = 1_000_000;

  private final AvroEncoder<SnapshotChunk> chunks;
  private final AvroEncoder<SnapshotManifest> manifests;
  private final int retained;

  /** Prepares to write versions of which none is ever retired. */
  public ServingRecordWriter(WireConfig wire, String topic) throws IOException {
    this(wire, topic, 0);
  }

  /**
   * Prepares to write.
   *
   * @param wire how records are written
   * @param topic the serving topic; names the schemas in a registry
   * @param retained versions of an adapter that stay on the topic; 0: all
   * @throws IOException when the schemas could not be registered
   */
  public ServingRecordWriter(WireConfig wire, String topic, int retained) throws IOException {
    this.retained = retained;
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
    long number = manifest.getVersion();
    for (int i = 0; i < manifest.getChunkCount(); i++) {
      byte[] chunk = chunks.encode(chunk(version, i));
      out.accept(record(ServingKey.ofChunk(adapterId, number, i), chunk, "chunk", number));
    }
    for (ChainHead.Kept retired : before.retiredByNext(retained)) {
      retire(adapterId, retired, out);
    }
    ServingKey key = ServingKey.ofManifest(adapterId, number);
    out.accept(
        new ServingRecord(
            key.bytes(),
            manifests.encode(manifest),
            partitionHash(adapterId),
            "manifest",
            number,
            CloudEvent.of(manifest)));
  }

  /**
   * Writes what deletes an adapter: its own tombstone, then those of all its versions.
   *
   * @param head the newest version, and what is on the topic
   */
  public void delete(String adapterId, ChainHead head, Consumer<ServingRecord> out) {
    out.accept(record(ServingKey.ofAdapter(adapterId), null, "tombstone", head.version()));
    head.all().forEach(version -> retire(adapterId, version, out));
  }

  /** The manifest first: what is left for a moment must not look like a version. */
  private static void retire(
      String adapterId, ChainHead.Kept retired, Consumer<ServingRecord> out) {
    long number = retired.version();
    out.accept(record(ServingKey.ofManifest(adapterId, number), null, "tombstone", number));
    for (int i = 0; i < retired.chunks(); i++) {
      out.accept(record(ServingKey.ofChunk(adapterId, number, i), null, "tombstone", number));
    }
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

  private static ServingRecord record(
      ServingKey key, byte @Nullable [] value, String type, long version) {
    return new ServingRecord(key.bytes(), value, partitionHash(key.adapterId()), type, version);
  }

  /** That of Kafka's default partitioner for a record keyed by the adapter id. */
  static int partitionHash(String adapterId) {
    return Utils.toPositive(Utils.murmur2(adapterId.getBytes(StandardCharsets.UTF_8)));
  }
}
