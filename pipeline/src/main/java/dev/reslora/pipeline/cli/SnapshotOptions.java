package dev.reslora.pipeline.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every snapshots command is told of the topic it reads. */
final class SnapshotOptions extends ServingTopicOptions {

  @Option(names = "--adapter", paramLabel = "ID", description = "This adapter only.")
  @Nullable String adapter;

  @Option(names = "--json", description = "Print JSON, for programs.")
  boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "Longest time to read the topic to its end (default: ${DEFAULT-VALUE}).")
  int timeoutSeconds;

  Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  boolean wants(String adapterId) {
    return adapter == null || adapter.equals(adapterId);
  }
}
