package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.MemoryBench;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Measures a step's peak of memory. */
@Command(
    name = "memory",
    mixinStandardHelpOptions = true,
    description = {
      "Measures how far resident memory rises in an optimizer step above what is held before it,"
          + " on Linux, beside Python's peft on the same batches; the ratio is ours as a share of"
          + " peft's.",
      "Needs Python with torch, transformers and peft for the comparison; without, ours alone."
    })
final class BenchMemoryCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchOptions options;

  @Mixin ShortcutsOption shortcuts;

  @Mixin PythonOptions peft;

  @Override
  public void run() {
    List<Shortcut> chosen = shortcuts.chosen(options);
    List<Precision> precisions = options.precisions();
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      MemoryBench bench = new MemoryBench(options.plan(1, console), precisions, chosen, console);
      rows = bench.run(peft.chosen());
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
