package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotManifest;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Digests of the newest versions that a reader has of one adapter. A writer that recovers may say
 * again what it said before; that it is the same is seen by its digest.
 *
 * <p>That the adapter was deleted ends what is served and not what is known: the version after is
 * bound to the one before, so that numbers and names are never used twice.
 */
final class KnownChain {

  private static final int KEPT = 64;

  private final NavigableMap<Long, String> digests = new TreeMap<>();

  private boolean deleted;

  /** The adapter is gone, whatever its versions were; false when it was gone already. */
  boolean delete() {
    boolean was = deleted;
    deleted = true;
    return !was;
  }

  boolean isDeleted() {
    return deleted;
  }

  /** Whether this very version is there already. */
  boolean has(SnapshotManifest manifest) {
    return !deleted && knows(manifest);
  }

  private boolean knows(SnapshotManifest manifest) {
    return manifest.getDigest().equals(digests.get(manifest.getVersion()));
  }

  private boolean follows(SnapshotManifest manifest) {
    return !digests.isEmpty()
        && manifest.getVersion() == digests.lastKey() + 1
        && manifest.getParentDigest().equals(digests.get(digests.lastKey()));
  }

  /** How a version that is not there yet joins the newest. */
  Continuity join(SnapshotManifest manifest) throws RefusalException {
    long version = manifest.getVersion();
    if (deleted && knows(manifest)) {
      return Continuity.AGAIN;
    }
    if (digests.isEmpty() || (deleted && !follows(manifest))) {
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
    if (deleted && knows(manifest)) {
      // What came after it will be said again too.
      digests.tailMap(manifest.getVersion(), false).clear();
    } else if (deleted && !follows(manifest)) {
      digests.clear();
    }
    deleted = false;
    digests.put(manifest.getVersion(), manifest.getDigest());
    if (digests.size() > KEPT) {
      digests.pollFirstEntry();
    }
  }
}
