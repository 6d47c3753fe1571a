package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The newest version of one adapter's chain, and what is still on the topic: all that the publish
 * stage keeps of its past.
 *
 * @param version the version; 0 before the first
 * @param digest digest of its manifest; empty before the first
 * @param kept versions not retired yet, oldest first, this one last
 * @param unlisted versions that stay on the topic because all do
 */
public record ChainHead(long version, String digest, List<Kept> kept, Unlisted unlisted) {

  /** An adapter that has published nothing. */
  public static final ChainHead NONE = new ChainHead(0, "", List.of());

  /** Of versions that are all listed. */
  public ChainHead(long version, String digest, List<Kept> kept) {
    this(version, digest, kept, Unlisted.NONE);
  }

  public ChainHead {
    kept = List.copyOf(kept);
  }

  /**
   * What a version left where.
   *
   * @param version the version
   * @param chunks its chunk records
   * @param dataref its file in the store; empty when there is none
   */
  public record Kept(long version, int chunks, String dataref) {

    static Kept of(SnapshotManifest manifest) {
      return new Kept(manifest.getVersion(), manifest.getChunkCount(), manifest.getDataref());
    }
  }

  /**
   * Versions that were not worth a line each.
   *
   * @param from the first
   * @param to one past the last
   * @param chunks most chunk records of any; no less than 1
   */
  public record Unlisted(long from, long to, int chunks) {

    public static final Unlisted NONE = new Unlisted(0, 0, 1);

    private Unlisted and(Kept version) {
      return new Unlisted(
          from == to ? version.version : from,
          version.version + 1,
          Math.max(chunks, version.chunks));
    }
  }

  /** The head that a version leaves behind, if nothing else is kept. */
  public static ChainHead of(SnapshotManifest manifest) {
    return new ChainHead(manifest.getVersion(), manifest.getDigest(), List.of(Kept.of(manifest)));
  }

  /** Numbers a candidate as the version after this one, bound to it by its digest. */
  public Snapshot next(Snapshot candidate) {
    return next(candidate, "");
  }

  /**
   * Numbers a candidate as the version after this one, bound to it by its digest.
   *
   * @param dataref where its payload lies; empty when it goes in chunks
   */
  public Snapshot next(Snapshot candidate, String dataref) {
    int size = candidate.payload().length;
    SnapshotManifest manifest =
        SnapshotManifest.newBuilder(candidate.manifest())
            .setVersion(version + 1)
            .setParentDigest(digest)
            .setDigest("")
            .setChunkCount(dataref.isEmpty() ? ServingRecordWriter.chunksFor(size) : 0)
            .setPayloadSize(size)
            .setDataref(dataref)
            .build();
    manifest.setDigest(ManifestDigest.of(manifest));
    return new Snapshot(manifest, candidate.payload());
  }

  /** The versions that the next one retires, where so many are retained; 0: all. */
  public List<Kept> retiredByNext(int retained) {
    int beyond = retained == 0 ? 0 : Math.max(0, kept.size() + 1 - retained);
    return kept.subList(0, beyond);
  }

  /**
   * The head after a version.
   *
   * @param retained versions that stay on the topic, it included; 0: all, and none is listed
   */
  public ChainHead then(SnapshotManifest manifest, int retained) {
    List<Kept> remaining = new ArrayList<>();
    remaining.addAll(kept.subList(retiredByNext(retained).size(), kept.size()));
    remaining.add(Kept.of(manifest));
    Unlisted others = unlisted;
    if (retained == 0) {
      for (Kept version : remaining) {
        others = others.and(version);
      }
      remaining.clear();
    }
    return new ChainHead(manifest.getVersion(), manifest.getDigest(), remaining, others);
  }

  /** All versions on the topic, oldest first; of unlisted ones without their files. */
  public List<Kept> all() {
    Map<Long, Kept> all = new TreeMap<>();
    for (long version = unlisted.from; version < unlisted.to; version++) {
      all.put(version, new Kept(version, unlisted.chunks, ""));
    }
    kept.forEach(version -> all.put(version.version, version));
    return List.copyOf(all.values());
  }

  /** The head after the adapter was deleted: numbers and parents go on, so no name comes twice. */
  public ChainHead deleted() {
    return new ChainHead(version, digest, List.of());
  }
}
