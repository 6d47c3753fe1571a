package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.GemmBench;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Times matrix products, and says how much of their speed a training step reaches. */
@Command(
    name = "gemm",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the machine's matrix peak by type, on the shapes of the model's projections, and"
          + " which share of it a training step makes use of (model-FLOPs utilisation)."
    })
final class BenchGemmCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchOptions options;

  @Override
  public void run() {
    List<Precision> precisions = options.precisions();
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      rows = new GemmBench(options.plan(1, console), precisions, console).run();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
