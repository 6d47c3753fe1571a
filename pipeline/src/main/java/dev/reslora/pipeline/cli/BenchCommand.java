package dev.reslora.pipeline.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measurements that a user can repeat. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measure, on this machine, what the documents claim.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchStepCommand.class,
      BenchGemmCommand.class,
      BenchAdaptersCommand.class,
      BenchSubtasksCommand.class,
      BenchMemoryCommand.class,
      BenchShortcutsCommand.class,
      BenchMergeCommand.class,
      BenchLanguageCommand.class,
      BenchJobCommand.class,
      BenchChaosCommand.class,
      BenchStateCommand.class,
      BenchSoakCommand.class,
      BenchGuardsCommand.class,
      BenchDetectorsCommand.class,
      BenchFreshnessCommand.class,
      BenchServeCommand.class,
    })
final class BenchCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
