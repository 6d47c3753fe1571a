package dev.reslora.snapshot;

import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole serving topic: every version complete, every digest right, versions without gap or
 * fork, offset ranges joined end to start, counts that add up. Knows the records only, not the
 * trainer that wrote them.
 */
public final class ChainVerifier {

  /** What compaction leaves of versions that newer ones replaced. */
  private static final Set<Refusal> LEFTOVERS =
      EnumSet.of(Refusal.MISSING_CHUNK, Refusal.NO_CHUNKS, Refusal.NO_PAYLOAD);

  private final boolean compacted;
  private final SnapshotAssembler assembler;
  private final Map<String, Trail> trails = new TreeMap<>();

  /** Where the partitions of deleted adapters were read to. */
  private final Map<String, Map<String, Long>> deleted = new HashMap<>();

  private final Map<String, Violation> leftovers = new LinkedHashMap<>();

  /** The first of each adapter, in the order they were met. */
  private final Map<String, Violation> first = new LinkedHashMap<>();

  private String place = "";
  private long versions;

  /**
   * Begins with an empty topic.
   *
   * @param store where payloads are read that are not on the topic
   * @param compacted the topic may have been compacted: older versions may be missing or in pieces
   */
  public ChainVerifier(WireConfig wire, long maxBytes, PayloadSource store, boolean compacted) {
    this.compacted = compacted;
    this.assembler = new SnapshotAssembler(wire, maxBytes, store, new Checks());
  }

  /** Begins with an empty topic whose payloads outside of it, if any, are local files. */
  public ChainVerifier(WireConfig wire, long maxBytes, boolean compacted) {
    this(wire, maxBytes, PayloadSource.LOCAL, compacted);
  }

  /**
   * A rule that is broken.
   *
   * @param adapterId the adapter; empty where that could not be read
   * @param version the version; 0 where that could not be read
   * @param place of the record that shows it
   * @param message what was expected and what was found
   */
  public record Violation(String adapterId, long version, String place, String message) {}

  /**
   * Takes the next record of its partition.
   *
   * @param place partition and offset, for the message
   * @throws IOException when the schema registry gave no answer
   */
  public void accept(String place, byte @Nullable [] key, byte @Nullable [] value)
      throws IOException {
    this.place = place;
    assembler.accept(key, value);
  }

  /** The first violation; call it after the topic's last record. */
  public Optional<Violation> finish() {
    return finish(adapterId -> true);
  }

  /** The first violation among the adapters that are wanted. */
  public Optional<Violation> finish(Predicate<String> wanted) {
    place = "end of the topic";
    leftovers.values().forEach(this::report);
    assembler
        .unfinished()
        .forEach(adapterId -> violate(adapterId, 0, "its last chunks have no manifest"));
    return first.values().stream()
        .filter(violation -> wanted.test(violation.adapterId()))
        .findFirst();
  }

  /** Versions found whole. */
  public long versions() {
    return versions;
  }

  /** Adapters with a whole version. */
  public int adapters() {
    return trails.size();
  }

  private void violate(String adapterId, long version, String message) {
    report(new Violation(adapterId, version, place, message));
  }

  private void report(Violation violation) {
    first.putIfAbsent(violation.adapterId(), violation);
  }

  /**
   * The newest version of an adapter, where each partition was read to, and the versions that may
   * be announced.
   */
  private record Trail(SnapshotManifest last, Map<String, Long> read, Map<Long, String> digests) {}

  private final class Checks implements SnapshotListener {

    @Override
    public void published(PublishedVersion version) {
      versions++;
      SnapshotManifest manifest = version.manifest();
      leftovers.remove(version.adapterId());
      Trail before = trails.get(version.adapterId());
      Map<String, Long> read = new HashMap<>();
      switch (version.continuity()) {
        case GENESIS -> checkCounts(manifest, 0);
        case CHAINED -> {
          if (before != null) {
            read.putAll(before.read());
            checkParent(manifest, before.last());
          } else {
            checkBeginsAnew(manifest);
          }
        }
        case AGAIN -> {
          // Said by a writer that recovers, which says the deletion again too.
        }
        case GAP -> {
          if (!compacted) {
            long last = before == null ? 0 : before.last().getVersion();
            violate(manifest, "expected version " + (last + 1));
          }
        }
      }
      checkOffsets(manifest, read);
      checkWaiting(manifest, before == null ? 0 : before.last().getExamplesWaiting());
      Map<Long, String> digests = before == null ? new HashMap<>() : before.digests();
      digests.put(manifest.getVersion(), manifest.getDigest());
      trails.put(version.adapterId(), new Trail(manifest, read, digests));
    }

    @Override
    public void announced(SnapshotAnnouncement announcement) {
      Trail trail = trails.get(announcement.getAdapterId());
      String digest = trail == null ? null : trail.digests().get(announcement.getVersion());
      if (!announcement.getDigest().equals(digest) && !(compacted && digest == null)) {
        ChainVerifier.this.violate(
            announcement.getAdapterId(),
            announcement.getVersion(),
            "announced with digest "
                + announcement.getDigest()
                + ", the topic has "
                + (digest == null ? "no such version" : digest));
      }
    }

    @Override
    public void retired(String adapterId, long version) {
      Trail trail = trails.get(adapterId);
      if (trail != null) {
        trail.digests().remove(version);
      }
      leftovers.computeIfPresent(
          adapterId, (id, leftover) -> leftover.version() == version ? null : leftover);
    }

    /** After a deletion counts begin at 0 again, and nothing is read that was read before it. */
    private void checkBeginsAnew(SnapshotManifest manifest) {
      checkCounts(manifest, 0);
      Map<String, Long> read = deleted.getOrDefault(manifest.getAdapterId(), Map.of());
      for (OffsetRange range : manifest.getOffsets()) {
        String partition = range.getTopic() + "-" + range.getPartition();
        long to = read.getOrDefault(partition, 0L);
        if (range.getFrom() < to) {
          violate(
              manifest,
              "offsets of %s must begin from %d on, where the adapter was deleted, found %d"
                  .formatted(partition, to, range.getFrom()));
        }
      }
    }

    private void checkParent(SnapshotManifest manifest, SnapshotManifest parent) {
      checkCounts(manifest, parent.getTotalExamples());
      if (manifest.getStep() < parent.getStep()) {
        violate(
            manifest,
            "step must not fall: " + parent.getStep() + " before, found " + manifest.getStep());
      }
      if (!manifest.getBaseModelDigest().equals(parent.getBaseModelDigest())) {
        violate(manifest, "baseModelDigest is another than the parent's");
      }
    }

    private void checkCounts(SnapshotManifest manifest, long before) {
      long expected = before + manifest.getExamplesTrained();
      if (manifest.getTotalExamples() != expected) {
        violate(
            manifest,
            "totalExamples must be "
                + before
                + " + "
                + manifest.getExamplesTrained()
                + ", found "
                + manifest.getTotalExamples());
      }
    }

    /**
     * Where labels come later, a record is an example that was trained on or skipped, one that came
     * to wait, or the label of one that waited: no more than there are offsets.
     */
    private void checkWaiting(SnapshotManifest manifest, long before) {
      long waiting = manifest.getExamplesWaiting();
      long joined = manifest.getLabelsJoined();
      if (waiting == 0 && joined == 0 && before == 0) {
        return;
      }
      long records =
          manifest.getExamplesTrained() + manifest.getExamplesSkipped() + joined + waiting - before;
      long offsets =
          manifest.getOffsets().stream().mapToLong(range -> range.getTo() - range.getFrom()).sum();
      if (waiting < 0 || joined < 0 || records < 0 || records > offsets) {
        violate(
            manifest,
            ("%d trained, %d skipped, %d labels and %d waiting after %d before must be at most %d"
                    + " records")
                .formatted(
                    manifest.getExamplesTrained(),
                    manifest.getExamplesSkipped(),
                    joined,
                    waiting,
                    before,
                    offsets));
      }
    }

    private void checkOffsets(SnapshotManifest manifest, Map<String, Long> read) {
      for (OffsetRange range : manifest.getOffsets()) {
        String partition = range.getTopic() + "-" + range.getPartition();
        Long from = read.put(partition, range.getTo());
        if (from != null && from != range.getFrom()) {
          violate(
              manifest,
              "offsets of " + partition + " must go on at " + from + ", found " + range.getFrom());
        }
        if (range.getFrom() < 0 || range.getTo() < range.getFrom()) {
          violate(
              manifest,
              "offsets of " + partition + " run from " + range.getFrom() + " to " + range.getTo());
        }
      }
    }

    private void violate(SnapshotManifest manifest, String message) {
      ChainVerifier.this.violate(manifest.getAdapterId(), manifest.getVersion(), message);
    }

    @Override
    public void refused(RefusedVersion refusal) {
      Violation violation =
          new Violation(
              refusal.adapterId(),
              refusal.version(),
              place,
              refusal.reason() + ": " + refusal.message());
      if (compacted && LEFTOVERS.contains(refusal.reason())) {
        leftovers.put(refusal.adapterId(), violation);
      } else {
        report(violation);
      }
    }

    @Override
    public void retired(String adapterId) {
      Trail gone = trails.remove(adapterId);
      if (gone != null) {
        deleted.put(adapterId, gone.read());
      }
      leftovers.remove(adapterId);
    }
  }
}
