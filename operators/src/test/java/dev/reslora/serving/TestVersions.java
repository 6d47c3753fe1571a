package dev.reslora.serving;

import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.schema.WireConfig;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.ServingRecordWriter;
import dev.reslora.snapshot.Snapshot;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import dev.reslora.snapshot.TestSnapshots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A chain of versions for the tiny encoder, each of which answers every text with its own name,
 * {@code <adapter>-v<version>}.
 */
public final class TestVersions {

  private static final int HIDDEN = 16;

  private final String adapterId;
  private final String baseModelDigest;
  private final boolean completes;
  private ChainHead head = ChainHead.NONE;

  /** Begins a chain for a base model, the tiny encoder's. */
  public TestVersions(String adapterId, String baseModelDigest) {
    this(adapterId, baseModelDigest, false);
  }

  private TestVersions(String adapterId, String baseModelDigest, boolean completes) {
    this.adapterId = adapterId;
    this.baseModelDigest = baseModelDigest;
    this.completes = completes;
  }

  /** Begins a chain for the tiny Llama, without classifiers. */
  public static TestVersions completing(String adapterId, String baseModelDigest) {
    return new TestVersions(adapterId, baseModelDigest, true);
  }

  /** Another chain of the same adapter, from version 1. */
  public TestVersions rival() {
    return new TestVersions(adapterId, baseModelDigest);
  }

  /** The records of the next version: a chunk and the manifest. */
  public List<ServingRecord> next() {
    return next(0);
  }

  /** The records of the next version, with a file of this many bytes besides. */
  public List<ServingRecord> next(int ballast) {
    ChainHead before = head;
    long number = before.version() + 1;
    SortedMap<String, byte[]> files =
        new TreeMap<>(PeftLayout.write(adapter(number), "tests/tiny", baseModelDigest));
    if (ballast > 0) {
      files.put("ballast.bin", new byte[ballast]);
    }
    Snapshot version =
        before.next(
            Snapshot.candidate(
                TestSnapshots.facts(adapterId, number - 1, number)
                    .setBaseModelDigest(baseModelDigest),
                files));
    head = ChainHead.of(version.manifest());
    try {
      List<ServingRecord> records = new ArrayList<>();
      new ServingRecordWriter(WireConfig.SINGLE_OBJECT, "model-snapshots")
          .write(version, before, records::add);
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private MergedAdapter adapter(long number) {
    Random random = new Random(number);
    MergedFactor factor =
        new MergedFactor(
            completes ? "model.layers.0.self_attn.q_proj" : "encoder.layer.0.attention.self.query",
            2,
            HIDDEN,
            HIDDEN,
            floats(2 * HIDDEN, random),
            floats(2 * HIDDEN, random));
    ClassifierHead classifier =
        new ClassifierHead(
            List.of(adapterId + "-v" + number, "never"),
            "mean",
            HIDDEN,
            new float[2 * HIDDEN],
            new float[] {20, -20});
    return new MergedAdapter(List.of(factor), completes ? null : classifier);
  }

  private static float[] floats(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** As a subscriber would take records, up to 4 MiB a version. */
  public static SnapshotAssembler assembler(SnapshotListener listener) {
    return new SnapshotAssembler(WireConfig.SINGLE_OBJECT, 4 << 20, listener);
  }

  /** Gives records to an assembler. */
  public static void feed(SnapshotAssembler assembler, List<ServingRecord> records) {
    try {
      for (ServingRecord record : records) {
        assembler.accept(record.key(), record.value());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
