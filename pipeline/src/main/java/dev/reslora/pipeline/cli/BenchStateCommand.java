package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.StateBench;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What checkpoints cost. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the job's throughput with checkpoints and without, in turns within one run: with"
          + " one adapter, and with many small ones of which each example changes another.",
      "Its ratio is throughput with checkpoints against without."
    })
final class BenchStateCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchJobOptions options;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Windows of each kind (default: ${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--window",
      paramLabel = "SECONDS",
      defaultValue = "20",
      description = "Length of a window (default: ${DEFAULT-VALUE}).")
  int windowSeconds;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time between checkpoints (default: ${DEFAULT-VALUE}).")
  int everySeconds;

  @Option(
      names = "--adapters",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many small adapters (default: ${DEFAULT-VALUE}).")
  int adapters;

  @Override
  public void run() {
    options.inRange("--rounds", rounds, 1, 100);
    options.inRange("--window", windowSeconds, 1, 600);
    options.inRange("--every", everySeconds, 1, windowSeconds);
    options.inRange("--adapters", adapters, 2, 100_000);
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      StateBench.Plan plan =
          new StateBench.Plan(
              options.model(console),
              options.pooling.label(),
              rounds,
              Duration.ofSeconds(windowSeconds),
              Duration.ofSeconds(everySeconds),
              adapters);
      rows =
          options.onGround("state", console, ground -> new StateBench(plan, ground, console).run());
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
