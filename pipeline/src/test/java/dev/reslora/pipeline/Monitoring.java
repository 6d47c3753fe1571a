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
public final class Monitoring {

  private static final Path DIRECTORY = Path.of("..", "deploy", "monitoring");

  private Monitoring() {}

  static List<Path> files() {
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      return files.filter(file -> file.toString().matches(".*\\.(json|ya?ml)")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Names of metrics that any file asks for.
   *
   * @param prefix flink_ for the job's and Flink's own, reslora_ for those of serving
   */
  public static SortedSet<String> metrics(String prefix) {
    Pattern metric = Pattern.compile("\\b" + prefix + "[A-Za-z0-9_]+");
    SortedSet<String> names = new TreeSet<>();
    for (Path file : files()) {
      try {
        metric.matcher(Files.readString(file)).results().forEach(name -> names.add(name.group()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }
}
