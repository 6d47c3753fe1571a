package dev.reslora.pipeline.cli;

import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.CurrentVersions;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The whole versions on a topic. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "List every whole version on the topic.")
final class SnapshotsListCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Override
  public void run() {
    Listing listing = new Listing();
    new TopicScan(options.servingTopic(kafka, wire), options.timeout(), spec.commandLine().getErr())
        .versions(listing);
    Collection<SnapshotManifest> found = listing.manifests.values();
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      out.println(ManifestJson.text(found.stream().map(listing::fields).toList()));
    } else if (found.isEmpty()) {
      out.printf("no versions on %s%n", options.topic);
    } else {
      out.print(table(listing));
    }
    out.flush();
  }

  /** An adapter's version. */
  private record Place(String adapterId, long version) {}

  /** Only manifests stay: all payloads together may be larger than the heap. */
  private final class Listing implements SnapshotListener {

    private final SortedMap<Place, SnapshotManifest> manifests =
        new TreeMap<>(Comparator.comparing(Place::adapterId).thenComparing(Place::version));
    private final CurrentVersions current = new CurrentVersions();

    @Override
    public void published(PublishedVersion version) {
      current.published(version);
      if (options.wants(version.adapterId())) {
        manifests.put(new Place(version.adapterId(), version.version()), version.manifest());
      }
    }

    @Override
    public void announced(SnapshotAnnouncement announcement) {
      current.announced(announcement);
    }

    @Override
    public void retired(String adapterId, long version) {
      manifests.remove(new Place(adapterId, version));
    }

    @Override
    public void retired(String adapterId) {
      current.retired(adapterId);
      manifests.keySet().removeIf(place -> place.adapterId.equals(adapterId));
    }

    boolean isCurrent(SnapshotManifest manifest) {
      return current.version(manifest.getAdapterId()) == manifest.getVersion();
    }

    Map<String, @Nullable Object> fields(SnapshotManifest manifest) {
      Map<String, @Nullable Object> fields = ManifestJson.fields(manifest);
      fields.put("current", isCurrent(manifest));
      return fields;
    }
  }

  private static TextTable table(Listing listing) {
    TextTable table =
        new TextTable(
            "ADAPTER",
            "VERSION",
            "STEP",
            "EXAMPLES",
            "EVENT TIME",
            "SHORTCUT",
            "MERGE",
            "SIZE",
            "DIGEST",
            "CURRENT");
    for (SnapshotManifest manifest : listing.manifests.values()) {
      table.add(
          manifest.getAdapterId(),
          manifest.getVersion(),
          manifest.getStep(),
          manifest.getTotalExamples(),
          manifest.getEventTime(),
          manifest.getShortcut(),
          manifest.getFidelity().getMerge(),
          SnapshotsShowCommand.size(manifest.getPayloadSize()),
          manifest.getDigest().substring(0, 12),
          listing.isCurrent(manifest) ? "current" : "");
    }
    return table;
  }
}
