package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotManifest;

/**
 * The newest version of one adapter's chain: all that the publish stage keeps of its past.
 *
 * @param version the version; 0 before the first
 * @param digest digest of its manifest; empty before the first
 * @param chunks chunk records it was sent in; 0 before the first
 */
public record ChainHead(long version, String digest, int chunks) {

  /** An adapter that has published nothing. */
  public static final ChainHead NONE = new ChainHead(0, "", 0);

  /** The head that a version leaves behind. */
  public static ChainHead of(SnapshotManifest manifest) {
    return new ChainHead(manifest.getVersion(), manifest.getDigest(), manifest.getChunkCount());
  }

  /** Numbers a candidate as the version after this one, bound to it by its digest. */
  public Snapshot next(Snapshot candidate) {
    int size = candidate.payload().length;
    SnapshotManifest manifest =
        SnapshotManifest.newBuilder(candidate.manifest())
            .setVersion(version + 1)
            .setParentDigest(digest)
            .setDigest("")
            .setChunkCount(ServingRecordWriter.chunksFor(size))
            .setPayloadSize(size)
            .build();
    manifest.setDigest(ManifestDigest.of(manifest));
    return new Snapshot(manifest, candidate.payload());
  }
}
