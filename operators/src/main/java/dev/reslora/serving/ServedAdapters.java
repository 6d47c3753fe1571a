package dev.reslora.serving;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.serving.ServedVersion.Lease;
import dev.reslora.snapshot.CurrentVersions;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.Refusal;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that requests are answered with: filled by a {@link SnapshotSubscriber}, leased by
 * any thread. A version is loaded beside those in service and swapped in by one reference, so no
 * request waits for it; a request that holds one ends on it, however many come after.
 */
public final class ServedAdapters implements SnapshotListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServedAdapters.class);

  private final ServedModel model;
  private final int kept;
  private final SnapshotListener observer;

  /** The current version first, then the others, the newest first. */
  private final Map<String, List<ServedVersion>> currentFirst = new ConcurrentHashMap<>();

  /** Which of the versions held is current. */
  private final CurrentVersions current = new CurrentVersions();

  /**
   * Holds nothing yet.
   *
   * @param model what versions are loaded on; outlives this
   * @param kept versions held of each adapter, the newest ones; at least 1
   * @param observer told of a version once it is in service, and of each that was refused, here or
   *     before
   */
  public ServedAdapters(ServedModel model, int kept, SnapshotListener observer) {
    if (kept < 1) {
      throw new IllegalArgumentException("versions kept: expected at least 1, found " + kept);
    }
    this.model = model;
    this.kept = kept;
    this.observer = observer;
  }

  /** Holds the current version: the newest, or another that was announced; empty until one came. */
  public Optional<Lease> lease(String adapterId) {
    return lease(adapterId, version -> true);
  }

  /** Holds a certain version; empty when it is not there, or not any more. */
  public Optional<Lease> lease(String adapterId, long version) {
    return lease(adapterId, held -> held.manifest().getVersion() == version);
  }

  private Optional<Lease> lease(String adapterId, Predicate<ServedVersion> wanted) {
    while (true) {
      Optional<ServedVersion> found = versions(adapterId).stream().filter(wanted).findFirst();
      if (found.isEmpty()) {
        return Optional.empty();
      }
      if (found.get().retain()) {
        return found.map(Lease::new);
      }
      // It was swapped out since it was found: look again.
    }
  }

  /** What is in service: of each adapter its versions, the current one first. */
  public SortedMap<String, List<SnapshotManifest>> manifests() {
    SortedMap<String, List<SnapshotManifest>> manifests = new TreeMap<>();
    currentFirst.forEach(
        (adapterId, versions) ->
            manifests.put(adapterId, versions.stream().map(ServedVersion::manifest).toList()));
    return manifests;
  }

  private List<ServedVersion> versions(String adapterId) {
    return currentFirst.getOrDefault(adapterId, List.of());
  }

  @Override
  public void published(PublishedVersion version) {
    ServedVersion loaded;
    try {
      loaded = load(version);
    } catch (IOException | IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage());
      notServable(version.adapterId(), version.version(), why);
      return;
    }
    String adapterId = version.adapterId();
    current.published(version);
    List<ServedVersion> all =
        arranged(
            adapterId, Stream.concat(versions(adapterId).stream(), Stream.of(loaded)).toList());
    // The newest is held beside a pinned one, whatever the bound.
    int most = Math.min(all.size(), all.get(0) == loaded ? kept : Math.max(kept, 2));
    currentFirst.put(adapterId, all.subList(0, most));
    release(all.subList(most, all.size()));
    observer.published(version);
  }

  @Override
  public void announced(SnapshotAnnouncement announcement) {
    String adapterId = announcement.getAdapterId();
    List<ServedVersion> before = versions(adapterId);
    String digest = announcement.getDigest();
    if (before.stream().noneMatch(held -> held.manifest().getDigest().equals(digest))) {
      notServable(
          adapterId,
          announcement.getVersion(),
          "it is announced, and is none of the " + before.size() + " versions held here");
      return;
    }
    current.announced(announcement);
    currentFirst.put(adapterId, arranged(adapterId, before));
    observer.announced(announcement);
  }

  @Override
  public void retired(String adapterId, long version) {
    current.retired(adapterId, version);
    currentFirst.computeIfPresent(adapterId, (id, held) -> arranged(id, held));
    observer.retired(adapterId, version);
  }

  /** The current one first, then the others, the newest first. */
  private List<ServedVersion> arranged(String adapterId, List<ServedVersion> held) {
    long first = current.version(adapterId);
    return held.stream()
        .sorted(
            Comparator.comparing((ServedVersion one) -> one.manifest().getVersion() != first)
                .thenComparing(one -> one.manifest().getVersion(), Comparator.reverseOrder()))
        .toList();
  }

  private void notServable(String adapterId, long version, String why) {
    LOG.warn("Version {} of {} is not taken into service: {}", version, adapterId, why);
    refused(new RefusedVersion(adapterId, version, Refusal.NOT_SERVABLE, why));
  }

  private ServedVersion load(PublishedVersion version) throws IOException {
    String base = version.manifest().getBaseModelDigest();
    if (!base.equals(model.baseModelDigest())) {
      throw new IOException(
          "it is for base model " + base + ", this server runs " + model.baseModelDigest());
    }
    return new ServedVersion(version.manifest(), model.load(version.adapter()));
  }

  private static void release(Collection<ServedVersion> versions) {
    versions.forEach(ServedVersion::release);
  }

  @Override
  public void refused(RefusedVersion refusal) {
    observer.refused(refusal);
  }

  @Override
  public void retired(String adapterId) {
    current.retired(adapterId);
    List<ServedVersion> before = currentFirst.remove(adapterId);
    if (before != null) {
      release(before);
      observer.retired(adapterId);
    }
  }

  /** Lets go of every version. No version may come after. */
  @Override
  public void close() {
    currentFirst.values().forEach(ServedAdapters::release);
    currentFirst.clear();
  }
}
