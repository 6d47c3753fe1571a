package dev.reslora.pipeline.cli;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One version: a directory that was pulled, or read from the serving topic. */
final class SnapshotSource {

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ADAPTER_DIR",
      description = "A directory from snapshots pull; without it the version is read from --topic.")
  @Nullable Path directory;

  @Option(
      names = "--version-number",
      paramLabel = "N",
      description = "The version on the topic (default: the newest).")
  @Nullable Long version;

  /**
   * A version's files.
   *
   * @param name {@code <adapter>-v<version>}
   */
  record Found(String name, SortedMap<String, byte[]> files) {}

  Found find() {
    Path named = directory;
    if (named != null) {
      return read(named);
    }
    if (options.adapter == null) {
      throw new ParameterException(
          spec.commandLine(), "expected ADAPTER_DIR or --adapter, found neither");
    }
    SnapshotSelection selection = new SnapshotSelection(options, version);
    PrintWriter err = spec.commandLine().getErr();
    new TopicScan(options.servingTopic(kafka, wire), options.timeout(), err).versions(selection);
    PublishedVersion found = selection.versions().iterator().next();
    return new Found(SnapshotDirectory.name(found.adapterId(), found.version()), found.files());
  }

  private Found read(Path named) {
    if (!Files.isDirectory(named)) {
      throw new CommandFailure(named + ": is not a directory");
    }
    try {
      String name = named.toAbsolutePath().normalize().getFileName().toString();
      return new Found(name, SnapshotDirectory.read(named, options.maxBytes()));
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }
}
