package dev.reslora.pipeline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a Flink distribution ready for the job jar. */
@Command(
    name = "lib",
    mixinStandardHelpOptions = true,
    description = {
      "Copies the jars of the native engine into a Flink distribution, before its task managers"
          + " start.",
      "They are not in the job jar: one class loader of a process may load a native library, and"
          + " every job has its own."
    })
final class LibCommand implements Runnable {

  @Spec CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "DIR",
      description =
          "A directory of these jars alone, as FLINK_HOME/lib/djl: Flink looks into the"
              + " directories of lib, too. Made when it is not there.")
  Path directory;

  @Override
  public void run() {
    try {
      List<Path> copied = EngineJars.ofBuild().copyTo(directory);
      spec.commandLine().getOut().printf("%d jars in %s%n", copied.size(), directory);
      spec.commandLine().getOut().flush();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }
}
