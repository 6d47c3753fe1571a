package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.SoakBench;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The job under load for long. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = {
      "Trains without pause, with checkpoints, and shows throughput and memory of the job's process"
          + " in tenths of the time; ratios are against the first tenth."
    })
final class BenchSoakCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchJobOptions options;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "30",
      description = "Time after the warm-up (default: ${DEFAULT-VALUE}).")
  int minutes;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time between checkpoints (default: ${DEFAULT-VALUE}).")
  int everySeconds;

  @Override
  public void run() {
    options.inRange("--minutes", minutes, 1, 7 * 24 * 60);
    options.inRange("--every", everySeconds, 1, 600);
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      SoakBench.Plan plan =
          new SoakBench.Plan(
              options.model(console),
              options.pooling.label(),
              Duration.ofMinutes(minutes),
              Duration.ofSeconds(everySeconds));
      rows =
          options.onGround("soak", console, ground -> new SoakBench(plan, ground, console).run());
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
