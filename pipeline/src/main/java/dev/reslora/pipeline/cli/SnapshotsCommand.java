package dev.reslora.pipeline.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is on a serving topic, and its way into a directory. */
@Command(
    name = "snapshots",
    mixinStandardHelpOptions = true,
    description = "Look at, fetch and check published versions.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      SnapshotsListCommand.class,
      SnapshotsShowCommand.class,
      SnapshotsPullCommand.class,
      SnapshotsVerifyCommand.class,
      SnapshotsMergeCommand.class,
      SnapshotsClassifyCommand.class,
      SnapshotsDiffCommand.class,
      SnapshotsRollbackCommand.class,
    })
final class SnapshotsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
