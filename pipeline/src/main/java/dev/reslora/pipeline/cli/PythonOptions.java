package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.Python;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every bench command that runs Python's peft beside takes. */
final class PythonOptions {

  @Option(
      names = "--python",
      paramLabel = "COMMAND",
      defaultValue = "python3",
      description = "The interpreter (default: ${DEFAULT-VALUE}).")
  String python;

  @Option(names = "--no-python", description = "Ours alone.")
  boolean noPython;

  /** The Python to run beside; nothing where ours is to run alone. */
  @Nullable Python chosen() {
    return noPython ? null : new Python(python, ProjectHome.path());
  }
}
