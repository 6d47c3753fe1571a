package dev.reslora.snapshot;

import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotChunk;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Adapters, candidates and chains to test with; the same seed gives the same. */
public final class TestSnapshots {

  private TestSnapshots() {}

  /** Two projections of ranks 2 and 3 and a head of two labels. */
  public static MergedAdapter adapter(long seed) {
    Random random = new Random(seed);
    return new MergedAdapter(
        List.of(
            factor("encoder.layer.2.attention.self.query", 2, random),
            factor("encoder.layer.10.attention.self.query", 3, random)),
        new ClassifierHead(
            List.of("ham", "spam"), "mean", 6, floats(12, random), floats(2, random)));
  }

  /** A projection of a width and an output of 6. */
  public static MergedFactor factor(String module, int rank, Random random) {
    return new MergedFactor(module, rank, 6, 6, floats(rank * 6, random), floats(6 * rank, random));
  }

  static float[] floats(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** What a trainer knows of a version that read offsets [from, to). */
  public static SnapshotManifest.Builder facts(String adapterId, long from, long to) {
    return SnapshotManifest.newBuilder()
        .setAdapterId(adapterId)
        .setBaseModel("minilm")
        .setBaseModelDigest("b".repeat(64))
        .setConfigDigest("c".repeat(64))
        .setCodeVersion("0.1.0")
        .setStep(to)
        .setTotalExamples(to)
        .setExamplesTrained(to - from)
        .setExamplesSkipped(0)
        .setOffsets(List.of(new OffsetRange("training-examples", 0, from, to)))
        .setEventTime(Instant.ofEpochMilli(1_000 + to))
        .setTrigger("steps")
        .setShortcut("block")
        .setLabels(List.of("ham", "spam"))
        .setFidelity(new MergeFidelity("exact", 4, 40, 0.0, 1.0, 0.0, 0.0));
  }

  /** A candidate with the files of {@link #adapter}. */
  public static Snapshot candidate(String adapterId, long from, long to) {
    SortedMap<String, byte[]> files = PeftLayout.write(adapter(to), "minilm", "b".repeat(64));
    return Snapshot.candidate(facts(adapterId, from, to), files);
  }

  /** A candidate with one file of random bytes. */
  public static Snapshot candidate(String adapterId, long to, int size) {
    byte[] bytes = new byte[size];
    new Random(to).nextBytes(bytes);
    return Snapshot.candidate(
        facts(adapterId, to - 1, to), new TreeMap<>(Map.of("weights.bin", bytes)));
  }

  /** Versions 1, 2, ... of payloads of these sizes. */
  public static List<Snapshot> chain(String adapterId, int... sizes) {
    List<Snapshot> chain = new ArrayList<>();
    ChainHead head = ChainHead.NONE;
    for (int i = 0; i < sizes.length; i++) {
      Snapshot version = head.next(candidate(adapterId, i + 1L, sizes[i]));
      head = ChainHead.of(version.manifest());
      chain.add(version);
    }
    return chain;
  }

  /** A version's records. */
  public static List<ServingRecord> records(Snapshot version) {
    return records(version, 0);
  }

  /** A version's records; where the one before had chunks, it is retired. */
  public static List<ServingRecord> records(Snapshot version, int chunksBefore) {
    try {
      List<ServingRecord> records = new ArrayList<>();
      long before = version.manifest().getVersion() - 1;
      List<ChainHead.Kept> kept =
          chunksBefore == 0 ? List.of() : List.of(new ChainHead.Kept(before, chunksBefore, ""));
      new ServingRecordWriter(WireConfig.SINGLE_OBJECT, "model-snapshots", 1)
          .write(version, new ChainHead(before, "", kept), records::add);
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final int SMALL = 40;

  /** A chain of small versions of these many chunks, for streams by the thousand. */
  static List<Snapshot> smallChain(String adapterId, int... chunks) {
    List<Snapshot> chain = new ArrayList<>();
    ChainHead head = ChainHead.NONE;
    for (int i = 0; i < chunks.length; i++) {
      SnapshotManifest manifest =
          head.next(candidate(adapterId, i + 1L, chunks[i] * SMALL)).manifest();
      manifest.setChunkCount(chunks[i]);
      manifest.setDigest(ManifestDigest.of(manifest));
      head = ChainHead.of(manifest);
      chain.add(new Snapshot(manifest, candidate(adapterId, i + 1L, chunks[i] * SMALL).payload()));
    }
    return chain;
  }

  /** The records of a small version, in the writer's order. */
  static List<ServingRecord> smallRecords(Snapshot version) {
    SnapshotManifest manifest = version.manifest();
    String id = manifest.getAdapterId();
    int count = manifest.getChunkCount();
    AvroEncoder<SnapshotChunk> chunks = AvroEncoder.singleObject(SnapshotChunk.class);
    List<ServingRecord> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer slice = ByteBuffer.wrap(version.payload(), i * SMALL, SMALL);
      byte[] chunk =
          chunks.encode(new SnapshotChunk(id, manifest.getVersion(), i, count, slice.slice()));
      records.add(record(ServingKey.ofChunk(id, manifest.getVersion(), i), chunk, "chunk"));
    }
    byte[] value = AvroEncoder.singleObject(SnapshotManifest.class).encode(manifest);
    records.add(record(ServingKey.ofManifest(id, manifest.getVersion()), value, "manifest"));
    return records;
  }

  private static ServingRecord record(ServingKey key, byte[] value, String type) {
    return new ServingRecord(key.bytes(), value, 0, type, 1);
  }
}
