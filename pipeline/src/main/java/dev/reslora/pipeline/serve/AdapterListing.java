package dev.reslora.pipeline.serve;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What GET /v1/adapters tells: the versions in service, and what was refused since the last. */
final class AdapterListing implements SnapshotListener {

  private final Map<String, Refused> refusals = new ConcurrentHashMap<>();

  /** The answer. */
  record Adapters(List<Adapter> adapters, SortedMap<String, Refused> refused) {}

  /** An adapter; its current version first. */
  record Adapter(String id, List<String> labels, List<Version> versions) {}

  /** A version in service. */
  record Version(long version, String digest, long step, long totalExamples, String eventTime) {}

  /** The last version that was not taken. */
  record Refused(long version, String reason, String message) {}

  Adapters of(SortedMap<String, List<SnapshotManifest>> served) {
    List<Adapter> adapters =
        served.entrySet().stream().map(entry -> adapter(entry.getKey(), entry.getValue())).toList();
    return new Adapters(adapters, new TreeMap<>(refusals));
  }

  private static Adapter adapter(String id, List<SnapshotManifest> versions) {
    return new Adapter(
        id, versions.get(0).getLabels(), versions.stream().map(AdapterListing::version).toList());
  }

  private static Version version(SnapshotManifest manifest) {
    return new Version(
        manifest.getVersion(),
        manifest.getDigest(),
        manifest.getStep(),
        manifest.getTotalExamples(),
        manifest.getEventTime().toString());
  }

  @Override
  public void published(PublishedVersion version) {
    refusals.remove(version.adapterId());
  }

  @Override
  public void refused(RefusedVersion refusal) {
    refusals.put(
        refusal.adapterId(),
        new Refused(refusal.version(), refusal.reason().name(), refusal.message()));
  }

  @Override
  public void retired(String adapterId) {
    refusals.remove(adapterId);
  }
}
