package dev.reslora.pipeline.cli;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps, of each adapter that is wanted, one version: the one named or else the newest. What
 * tombstones retired is not there.
 */
final class SnapshotSelection implements SnapshotListener {

  private final SnapshotOptions options;
  private final @Nullable Long version;
  private final SortedMap<String, PublishedVersion> selected = new TreeMap<>();
  private @Nullable RefusedVersion lastRefusal;

  SnapshotSelection(SnapshotOptions options, @Nullable Long version) {
    this.options = options;
    this.version = version;
  }

  @Override
  public void published(PublishedVersion found) {
    if (options.wants(found.adapterId()) && (version == null || version == found.version())) {
      selected.put(found.adapterId(), found);
    }
  }

  @Override
  public void refused(RefusedVersion refusal) {
    if (options.wants(refusal.adapterId())) {
      lastRefusal = refusal;
    }
  }

  @Override
  public void retired(String adapterId, long retired) {
    selected.computeIfPresent(adapterId, (id, found) -> found.version() == retired ? null : found);
  }

  @Override
  public void retired(String adapterId) {
    selected.remove(adapterId);
  }

  /** At least one version. */
  Collection<PublishedVersion> versions() {
    if (!selected.isEmpty()) {
      return selected.values();
    }
    String what = version == null ? "no whole version" : "no whole version " + version;
    String whose = options.adapter == null ? "" : " of adapter " + options.adapter;
    RefusedVersion refusal = lastRefusal;
    String why =
        refusal == null
            ? ""
            : "; refused version "
                + refusal.version()
                + ": "
                + refusal.reason()
                + ", "
                + refusal.message();
    throw new CommandFailure("there is " + what + whose + " on " + options.topic + why);
  }
}
