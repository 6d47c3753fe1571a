package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.AdaptersBench;
import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times many adapters of few examples. */
@Command(
    name = "adapters",
    mixinStandardHelpOptions = true,
    description = {
      "Trains many adapters on a few examples each, one after the other and some of them together"
          + " in one pass over the base, and one adapter on the same examples, all at once and in"
          + " batches of --batch, taking turns: tokens a second.",
      "With Python beside it: peft that switches among as many adapters."
    })
final class BenchAdaptersCommand implements Runnable {

  private static final int MOST = 1024;

  @Spec CommandSpec spec;

  @Mixin BenchOptions options;

  @Mixin PythonOptions peft;

  @Option(
      names = "--adapters",
      paramLabel = "N",
      defaultValue = "64",
      description = "How many (default: ${DEFAULT-VALUE}).")
  int adapters;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "4",
      description = "That each takes in a step (default: ${DEFAULT-VALUE}).")
  int examples;

  @Option(
      names = "--together",
      paramLabel = "N",
      defaultValue = "8",
      description = "Adapters in a pass, where some share one (default: ${DEFAULT-VALUE}).")
  int together;

  @Override
  public void run() {
    List<Precision> precisions = options.precisions();
    options.inRange("--adapters", adapters, 2, MOST);
    options.inRange("--examples", examples, 1, MOST);
    options.inRange("--together", together, 2, MOST);
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      AdaptersBench bench =
          new AdaptersBench(
              options.plan(1, console), adapters, examples, together, precisions, console);
      rows = bench.run(peft.chosen());
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
