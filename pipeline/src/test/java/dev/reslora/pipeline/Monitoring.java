package dev.reslora.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The dashboards and alert rules of deploy/monitoring. */
final class Monitoring {

  private static final Path DIRECTORY = Path.of("..", "deploy", "monitoring");
  private static final Pattern METRIC = Pattern.compile("\\bflink_[A-Za-z0-9_]+");

  private Monitoring() {}

  static List<Path> files() {
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      return files.filter(file -> file.toString().matches(".*\\.(json|ya?ml)")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of Flink's metrics, the job's among them, that any file asks for. */
  static SortedSet<String> metrics() {
    SortedSet<String> names = new TreeSet<>();
    for (Path file : files()) {
      try {
        METRIC.matcher(Files.readString(file)).results().forEach(name -> names.add(name.group()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }
}
