package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import java.util.HashMap;
import java.util.Map;

/**
 * Which version of each adapter is current, by the order of the topic's records: the newest, until
 * an announcement names another; then that one, until the next announcement, the next version
 * (unless it was pinned), or its own retirement. Not thread-safe.
 */
public final class CurrentVersions implements SnapshotListener {

  private final Map<String, Current> adapters = new HashMap<>();

  private record Current(long version, boolean pinned, long newest) {}

  /** The current version of an adapter; 0 when there is none. */
  public long version(String adapterId) {
    return of(adapterId).version;
  }

  private Current of(String adapterId) {
    return adapters.getOrDefault(adapterId, new Current(0, false, 0));
  }

  @Override
  public void published(PublishedVersion version) {
    Current current = of(version.adapterId());
    long newest = version.version();
    adapters.put(
        version.adapterId(),
        current.pinned
            ? new Current(current.version, true, newest)
            : new Current(newest, false, newest));
  }

  @Override
  public void announced(SnapshotAnnouncement announcement) {
    String adapterId = announcement.getAdapterId();
    adapters.put(
        adapterId,
        new Current(announcement.getVersion(), announcement.getPinned(), of(adapterId).newest));
  }

  @Override
  public void retired(String adapterId, long version) {
    Current current = of(adapterId);
    if (current.version == version) {
      adapters.put(adapterId, new Current(current.newest, false, current.newest));
    }
  }

  @Override
  public void retired(String adapterId) {
    adapters.remove(adapterId);
  }
}
