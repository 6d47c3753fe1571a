package dev.reslora.pipeline.cli;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PublishedVersion;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
    List<SnapshotManifest> found = new ArrayList<>();
    new TopicScan(options.servingTopic(kafka, wire), options.timeout(), spec.commandLine().getErr())
        .versions(version -> add(version, found));
    found.sort(
        Comparator.comparing(SnapshotManifest::getAdapterId)
            .thenComparing(SnapshotManifest::getVersion));
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      out.println(ManifestJson.text(found.stream().map(ManifestJson::fields).toList()));
    } else if (found.isEmpty()) {
      out.printf("no versions on %s%n", options.topic);
    } else {
      out.print(table(found));
    }
    out.flush();
  }

  /** Only the manifest stays: all payloads together may be larger than the heap. */
  private void add(PublishedVersion version, List<SnapshotManifest> found) {
    if (options.wants(version.adapterId())) {
      found.add(version.manifest());
    }
  }

  private static TextTable table(List<SnapshotManifest> found) {
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
            "DIGEST");
    for (SnapshotManifest manifest : found) {
      table.add(
          manifest.getAdapterId(),
          manifest.getVersion(),
          manifest.getStep(),
          manifest.getTotalExamples(),
          manifest.getEventTime(),
          manifest.getShortcut(),
          manifest.getFidelity().getMerge(),
          SnapshotsShowCommand.size(manifest.getPayloadSize()),
          manifest.getDigest().substring(0, 12));
    }
    return table;
  }
}
