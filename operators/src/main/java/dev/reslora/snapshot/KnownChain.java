package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotManifest;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Digests of the newest versions that a reader has of one adapter. A writer that recovers may say
 * again what it said before; that it is the same is seen by its digest.
 */
final class KnownChain {

  private static final int KEPT = 64;

  private final NavigableMap<Long, String> digests = new TreeMap<>();

  /** Whether this very version is there already. */
  boolean has(SnapshotManifest manifest) {
    return manifest.getDigest().equals(digests.get(manifest.getVersion()));
  }

  /** How a version that is not there yet joins the newest. */
  Continuity join(SnapshotManifest manifest) throws RefusalException {
    long version = manifest.getVersion();
    if (digests.isEmpty()) {
      return version == 1 ? Continuity.GENESIS : Continuity.GAP;
    }
    long newest = digests.lastKey();
    if (digests.containsKey(version)) {
      throw new RefusalException(
          Refusal.FORK,
          "version "
              + version
              + " is known with digest "
              + digests.get(version)
              + ", found "
              + manifest.getDigest());
    }
    if (version < newest) {
      throw new RefusalException(
          Refusal.STALE, "version " + newest + " is known already, found version " + version);
    }
    if (version > newest + 1) {
      return Continuity.GAP;
    }
    if (!manifest.getParentDigest().equals(digests.get(newest))) {
      throw new RefusalException(
          Refusal.FORK,
          "version "
              + newest
              + " has digest "
              + digests.get(newest)
              + ", its successor names as parent "
              + manifest.getParentDigest());
    }
    return Continuity.CHAINED;
  }

  void add(SnapshotManifest manifest) {
    digests.put(manifest.getVersion(), manifest.getDigest());
    if (digests.size() > KEPT) {
      digests.pollFirstEntry();
    }
  }
}
