package dev.reslora.pipeline.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The user's own npm, with the user's registry and settings. */
final class Npm {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private Npm() {}

  /** Writes the package's archive into the directory. */
  static void pack(String name, Path directory, Path log) throws IOException {
    Process npm = start(name, directory, log);
    try {
      if (!npm.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("npm pack " + name + " took over " + TIMEOUT.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while npm fetched " + name, e);
    } finally {
      npm.destroyForcibly();
    }
    if (npm.exitValue() != 0) {
      throw new IOException("npm pack %s failed: %s".formatted(name, lastWords(log)));
    }
  }

  private static Process start(String name, Path directory, Path log) throws IOException {
    try {
      return new ProcessBuilder("npm", "pack", name, "--pack-destination", directory.toString())
          .redirectErrorStream(true)
          .redirectOutput(log.toFile())
          .start();
    } catch (IOException e) {
      throw new IOException("npm is not on the path", e);
    }
  }

  private static String lastWords(Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .filter(line -> line.startsWith("npm error") || line.startsWith("npm ERR!"))
        .findFirst()
        .orElse("it gave no reason");
  }
}
