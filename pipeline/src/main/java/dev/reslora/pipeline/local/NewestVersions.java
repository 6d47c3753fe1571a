package dev.reslora.pipeline.local;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a subscriber of the serving topic has loaded: counts, and the newest version. */
final class NewestVersions implements SnapshotListener {

  private final AtomicInteger loaded = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private volatile @Nullable PublishedVersion newest;
  private volatile String lastRefusal = "";

  @Override
  public void published(PublishedVersion version) {
    newest = version;
    loaded.incrementAndGet();
  }

  @Override
  public void refused(RefusedVersion refusal) {
    lastRefusal = refusal.reason() + ": " + refusal.message();
    refused.incrementAndGet();
  }

  int loaded() {
    return loaded.get();
  }

  int refused() {
    return refused.get();
  }

  String lastRefusal() {
    return lastRefusal;
  }

  Optional<PublishedVersion> newest() {
    return Optional.ofNullable(newest);
  }

  /** Whether the snapshot that the stream's end asked for is here. */
  boolean hasLast() {
    return newest()
        .map(version -> version.manifest().getTrigger())
        .filter(trigger -> trigger.contains(Feeder.LAST_COMMAND))
        .isPresent();
  }
}
