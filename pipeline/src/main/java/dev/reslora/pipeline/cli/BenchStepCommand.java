package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchPlan;
import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.StepBench;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times optimizer steps. */
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description = {
      "Times one optimizer step (forward, backward, AdamW; r 8, alpha 16) on real text, against a"
          + " Python peft loop on the same weights, tokens and threads, taking turns.",
      "Needs Python with torch, transformers and peft for the comparison; without, ours alone."
    })
final class BenchStepCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchOptions options;

  @Mixin ShortcutsOption shortcuts;

  @Option(
      names = "--pre-num",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Linked blocks that take part in block and middle; -1: all (default: ${DEFAULT-VALUE}).")
  int preNum;

  @Mixin PythonOptions peft;

  @Override
  public void run() {
    List<Shortcut> chosen = shortcuts.chosen(options);
    List<Precision> precisions = options.precisions();
    if (preNum < -1) {
      throw options.wrong("--pre-num: expected -1, 0, 1, ..., found " + preNum);
    }
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      BenchPlan plan = options.plan(preNum, console);
      StepBench bench = new StepBench(plan, precisions, chosen, console);
      rows = bench.run(peft.chosen());
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
