package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.JobBench;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the stream around the training step costs. */
@Command(
    name = "job",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the whole job's throughput, from the training topic to the serving topic with"
          + " checkpoints and snapshots, against the bare loop of its training step, in turns.",
      "Its ratio is the job's throughput against the loop's. Needs a core for the job's other"
          + " threads, the broker and this command beside the one that trains."
    })
final class BenchJobCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchJobOptions options;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu (default) or cuda:N, of both sides.")
  String device;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "Examples of a step (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Windows of each kind (default: ${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--window",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "Length of a window (default: ${DEFAULT-VALUE}).")
  int windowSeconds;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Time between checkpoints (default: ${DEFAULT-VALUE}).")
  int everySeconds;

  @Option(
      names = "--snapshot-steps",
      paramLabel = "N",
      defaultValue = "100",
      description = "Steps between snapshots (default: ${DEFAULT-VALUE}).")
  int snapshotSteps;

  @Override
  public void run() {
    options.inRange("--batch", batch, 1, 1024);
    options.inRange("--rounds", rounds, 1, 100);
    options.inRange("--window", windowSeconds, 1, 600);
    options.inRange("--every", everySeconds, 1, 600);
    options.inRange("--snapshot-steps", snapshotSteps, 1, 1_000_000);
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      JobBench.Plan plan =
          new JobBench.Plan(
              options.model(console),
              device,
              options.pooling.label(),
              batch,
              rounds,
              Duration.ofSeconds(windowSeconds),
              Duration.ofSeconds(everySeconds),
              snapshotSteps);
      rows = options.onGround("job", console, ground -> new JobBench(plan, ground, console).run());
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
