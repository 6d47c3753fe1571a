package dev.reslora.pipeline.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a job keeps of each adapter, out of a savepoint and into another. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    description = "Look at, take out and put in adapters of a savepoint or checkpoint.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StateListCommand.class,
      StateExportCommand.class,
      StateImportCommand.class,
    })
final class StateCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
