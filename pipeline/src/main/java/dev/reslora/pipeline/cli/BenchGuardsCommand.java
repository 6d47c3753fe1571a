package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.GuardBench;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the guards are worth on drifting and poisoned streams. */
@Command(
    name = "guards",
    mixinStandardHelpOptions = true,
    description = {
      "Learns streams with and without guards, each example tested before it is trained on; the"
          + " first column is the mean over the seeds.",
      "abrupt, gradual, recurring, classes and poison are made of sentences; mail is real. Without"
          + " Kafka or Flink."
    })
final class BenchGuardsCommand implements Runnable {

  private static final int LEAST = 400;

  @Spec CommandSpec spec;

  @Mixin BenchModelOptions options;

  @Option(
      names = "--stream",
      split = ",",
      defaultValue = "abrupt,gradual,recurring,classes,poison",
      description =
          "abrupt, gradual, recurring, classes, poison, mail (default: ${DEFAULT-VALUE}).")
  List<String> streams;

  @Option(
      names = "--limit",
      defaultValue = "960",
      description = "Examples of a stream (default: ${DEFAULT-VALUE}).")
  int limit;

  @Option(
      names = "--seeds",
      defaultValue = "3",
      description = "Runs of each, from other first values (default: ${DEFAULT-VALUE}).")
  int seeds;

  @Override
  public void run() {
    check();
    List<BenchRow> rows = new ArrayList<>();
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      GuardBench bench = new GuardBench(options.model(console), limit, seeds, console);
      for (String stream : streams) {
        rows.addAll(bench.run(stream));
      }
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }

  private void check() {
    for (String stream : streams) {
      if (!GuardBench.streams().contains(stream)) {
        throw options.wrong("--stream: expected of " + GuardBench.streams() + ", found " + stream);
      }
    }
    if (limit < LEAST) {
      throw options.wrong("--limit: expected at least " + LEAST + ", found " + limit);
    }
    if (seeds < 1) {
      throw options.wrong("--seeds: expected a whole number from 1, found " + seeds);
    }
  }
}
