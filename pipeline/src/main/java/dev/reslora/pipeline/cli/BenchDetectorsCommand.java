package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.DetectorBench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How often drift detectors are wrong, and how late. */
@Command(
    name = "detectors",
    mixinStandardHelpOptions = true,
    description =
        "Counts false alarms of the drift detectors over 2,000 steady examples, and measures their"
            + " delay after a change of the error rate, over many seeded runs.")
final class BenchDetectorsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--runs",
      defaultValue = "1000",
      description = "Seeded runs of each (default: ${DEFAULT-VALUE}).")
  int runs;

  @Option(names = "--json", description = "Answer with a JSON array of rows.")
  boolean json;

  @Override
  public void run() {
    if (runs < 1) {
      throw new ParameterException(
          spec.commandLine(), "--runs: expected a whole number from 1, found " + runs);
    }
    BenchConsole.print(spec.commandLine().getOut(), DetectorBench.run(runs), json);
  }
}
