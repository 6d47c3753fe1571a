package dev.reslora.pipeline.local;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Java processes on this process's class path. */
final class ChildJvm {

  private static final int LOG_LINES_SHOWN = 15;

  private ChildJvm() {}

  /**
   * A process that is still to be started.
   *
   * @param options of the JVM
   * @param log where it writes
   */
  static ProcessBuilder command(
      Class<?> main, List<String> options, List<String> arguments, Path log) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(options);
    words.add(main.getName());
    words.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(words);
    // Longer than some systems take as an argument.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    File file = log.toFile();
    return builder.redirectErrorStream(true).redirectOutput(file);
  }

  /** Ends a process: asks, waits, then kills. */
  static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** The last lines that a process wrote. */
  static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "(" + e.getMessage() + ")";
    }
  }
}
