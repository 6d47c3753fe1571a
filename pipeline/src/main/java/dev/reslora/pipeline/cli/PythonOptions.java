package dev.reslora.pipeline.cli;

import java.nio.file.Path;
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

  /** The project's root, which has Python's side. */
  static Path home() {
    return Path.of(System.getProperty("reslora.home", "."));
  }
}
