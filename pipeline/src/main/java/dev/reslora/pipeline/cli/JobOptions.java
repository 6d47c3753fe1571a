package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.JobConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command takes the job's configuration from. */
final class JobOptions {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file of options, nested or dotted; 'options' prints them all.")
  @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "An option, before the file's; may be repeated.")
  List<String> words = new ArrayList<>();

  JobConfig load() {
    return ConfigSource.load(file, words);
  }
}
