package dev.reslora.serving;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The versions that requests are answered with: filled by a {@link SnapshotSubscriber}, read by any
 * thread. A version is swapped in by one reference, and does not change; a request that took one
 * ends on it, however many come after.
 */
public final class ServedAdapters implements SnapshotListener {

  private final int kept;
  private final Map<String, List<PublishedVersion>> newestFirst = new ConcurrentHashMap<>();

  /**
   * Holds nothing yet.
   *
   * @param kept versions held of each adapter, the newest ones; at least 1
   */
  public ServedAdapters(int kept) {
    if (kept < 1) {
      throw new IllegalArgumentException("versions kept: expected at least 1, found " + kept);
    }
    this.kept = kept;
  }

  /** The newest version; empty until one came. */
  public Optional<PublishedVersion> newest(String adapterId) {
    return versions(adapterId).stream().findFirst();
  }

  /** A version that is still held. */
  public Optional<PublishedVersion> version(String adapterId, long version) {
    return versions(adapterId).stream().filter(held -> held.version() == version).findFirst();
  }

  /** Adapters that can be served. */
  public Set<String> adapterIds() {
    return Set.copyOf(newestFirst.keySet());
  }

  private List<PublishedVersion> versions(String adapterId) {
    return newestFirst.getOrDefault(adapterId, List.of());
  }

  @Override
  public void published(PublishedVersion version) {
    newestFirst.merge(
        version.adapterId(),
        List.of(version),
        (before, now) -> Stream.concat(now.stream(), before.stream()).limit(kept).toList());
  }

  @Override
  public void retired(String adapterId) {
    newestFirst.remove(adapterId);
  }
}
