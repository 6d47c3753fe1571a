package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.OptionsTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the page that {@code deploy/docs/options.md} is. */
@Command(
    name = "options",
    description = "Print every option of the job as Markdown.",
    mixinStandardHelpOptions = true)
final class OptionsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(OptionsTable.markdown());
    spec.commandLine().getOut().flush();
  }
}
