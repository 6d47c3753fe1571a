package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.MetricsTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the page that {@code deploy/docs/metrics.md} is. */
@Command(
    name = "metrics",
    description = "Print every metric of the job as Markdown.",
    mixinStandardHelpOptions = true)
final class MetricsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(MetricsTable.markdown());
    spec.commandLine().getOut().flush();
  }
}
