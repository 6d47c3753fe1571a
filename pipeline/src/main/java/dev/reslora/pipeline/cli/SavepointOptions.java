package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.StateBackendKind;
import dev.reslora.pipeline.state.SavedJob;
import picocli.CommandLine.Option;

/** The savepoint that a command reads. */
final class SavepointOptions {

  @Option(
      names = "--savepoint",
      required = true,
      paramLabel = "PATH",
      description = "Savepoint or retained checkpoint of the job: the directory with _metadata.")
  String path;

  @Option(
      names = "--state-backend",
      defaultValue = "rocksdb",
      description =
          "What the job ran with, for a checkpoint: rocksdb or hashmap (default:"
              + " ${DEFAULT-VALUE}).")
  StateBackendKind backend;

  SavedJob job() {
    return new SavedJob(path, backend);
  }
}
