package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.SubtasksBench;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times training subtasks that share a process. */
@Command(
    name = "subtasks",
    mixinStandardHelpOptions = true,
    description =
        "Trains in several subtasks of one process at the same time, and in one of them alone, in"
            + " turns: tokens a second of all together.")
final class BenchSubtasksCommand implements Runnable {

  private static final int MOST = 256;

  @Spec CommandSpec spec;

  @Mixin BenchOptions options;

  @Option(
      names = "--subtasks",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many (default: ${DEFAULT-VALUE}).")
  int subtasks;

  @Override
  public void run() {
    List<Precision> precisions = options.precisions();
    options.inRange("--subtasks", subtasks, 2, MOST);
    List<BenchRow> rows;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      rows = new SubtasksBench(options.plan(1, console), subtasks, precisions, console).run();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }
}
