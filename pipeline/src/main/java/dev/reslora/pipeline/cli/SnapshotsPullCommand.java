package dev.reslora.pipeline.cli;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Versions as directories that peft and model servers open. */
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    description = {
      "Write a version to a directory named <adapter>-v<version>.",
      "Without --adapter, the newest version of every adapter. A directory appears whole or not at"
          + " all, and one that is there already is left as it is."
    })
final class SnapshotsPullCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Option(names = "--version-number", paramLabel = "N", description = "Default: the newest.")
  @Nullable Long version;

  @Option(
      names = "--to",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Where the directory goes (default: here).")
  Path to;

  @Override
  public void run() {
    SnapshotSelection selection = new SnapshotSelection(options, version);
    new TopicScan(options.servingTopic(kafka, wire), options.timeout(), spec.commandLine().getErr())
        .versions(selection);
    PrintWriter out = spec.commandLine().getOut();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (PublishedVersion found : selection.versions()) {
      Path directory = to.resolve(SnapshotDirectory.name(found.adapterId(), found.version()));
      boolean written = write(found);
      rows.add(
          Map.of(
              "adapterId", found.adapterId(),
              "version", found.version(),
              "digest", found.manifest().getDigest(),
              "directory", directory.toString(),
              "written", written));
      if (!options.json) {
        out.printf("%s%s%n", directory, written ? "" : " is there already");
      }
    }
    if (options.json) {
      out.println(ManifestJson.text(rows));
    }
    out.flush();
  }

  private boolean write(PublishedVersion found) {
    try {
      return SnapshotDirectory.write(found, to);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }
}
