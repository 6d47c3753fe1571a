package dev.reslora.serving.refresh;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.snapshot.CurrentVersions;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the topic wants in service, by the records read so far: of each adapter its current version,
 * or nothing any more. The subscriber's thread writes, the agent's reads.
 *
 * <p>Versions go to the directory as they come. Of each adapter one that cannot be written is held
 * until it can: the newest, or the one that was announced.
 */
final class WantedVersions implements SnapshotListener {

  private static final Logger LOG = LoggerFactory.getLogger(WantedVersions.class);

  private final VersionDirectory directory;
  private final CurrentVersions order = new CurrentVersions();
  private final Map<String, Map<Long, String>> digests = new HashMap<>();
  private final Map<String, Wanted> wanted = new ConcurrentHashMap<>();
  private final Set<String> gone = ConcurrentHashMap.newKeySet();
  private final Map<String, PublishedVersion> unwritten = new ConcurrentHashMap<>();

  /** A version that is to be in service. */
  record Wanted(long version, String digest) {}

  /** Keeps the versions that come in a directory. */
  WantedVersions(VersionDirectory directory) {
    this.directory = directory;
  }

  /** The version wanted of an adapter, if one is. */
  @Nullable Wanted of(String adapterId) {
    return wanted.get(adapterId);
  }

  /** Adapters of which a version is wanted. */
  Set<String> adapters() {
    return wanted.keySet();
  }

  /** Adapters that left the topic, did not begin anew, and are not withdrawn yet. */
  Set<String> gone() {
    return gone;
  }

  /** Writes a version that could not be written when it came. */
  void write(String adapterId, Wanted version) throws IOException {
    PublishedVersion held = unwritten.get(adapterId);
    if (held != null && held.version() == version.version) {
      directory.write(held);
      unwritten.remove(adapterId, held);
    }
  }

  @Override
  public void published(PublishedVersion version) {
    String adapterId = version.adapterId();
    order.published(version);
    if (keep(version)) {
      digests
          .computeIfAbsent(adapterId, id -> new TreeMap<>())
          .put(version.version(), version.manifest().getDigest());
    }
    want(adapterId);
  }

  /** Whether the version can be had: it is written, or held. */
  private boolean keep(PublishedVersion version) {
    String adapterId = version.adapterId();
    PublishedVersion held = unwritten.get(adapterId);
    boolean needed = held != null && held.version() == order.version(adapterId);
    try {
      directory.write(version);
      if (!needed) {
        unwritten.remove(adapterId);
      }
      return true;
    } catch (IOException e) {
      LOG.warn("Version {} of {} is not written: {}", version.version(), adapterId, e.toString());
      if (!needed) {
        unwritten.put(adapterId, version);
      }
      return !needed;
    }
  }

  private boolean has(String adapterId, long version) {
    PublishedVersion held = unwritten.get(adapterId);
    return (held != null && held.version() == version) || directory.holds(adapterId, version);
  }

  @Override
  public void announced(SnapshotAnnouncement announcement) {
    String adapterId = announcement.getAdapterId();
    long version = announcement.getVersion();
    if (!announcement.getDigest().equals(digest(adapterId, version)) || !has(adapterId, version)) {
      LOG.warn("Version {} of {} is announced and is not held here", version, adapterId);
      return;
    }
    order.announced(announcement);
    want(adapterId);
  }

  @Override
  public void retired(String adapterId, long version) {
    order.retired(adapterId, version);
    want(adapterId);
  }

  @Override
  public void retired(String adapterId) {
    order.retired(adapterId);
    digests.remove(adapterId);
    wanted.remove(adapterId);
    unwritten.remove(adapterId);
    gone.add(adapterId);
  }

  private void want(String adapterId) {
    long version = order.version(adapterId);
    String digest = digest(adapterId, version);
    if (digest != null) {
      wanted.put(adapterId, new Wanted(version, digest));
      gone.remove(adapterId);
    }
  }

  private @Nullable String digest(String adapterId, long version) {
    return digests.getOrDefault(adapterId, Map.of()).get(version);
  }
}
