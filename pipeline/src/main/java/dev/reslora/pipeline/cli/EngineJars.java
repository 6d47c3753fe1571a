package dev.reslora.pipeline.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** DJL, its natives and what they need beyond Flink's own jars. */
record EngineJars(List<Path> files) {

  private static final String LIST = "pipeline/target/flink-lib.classpath";

  /** Those that the build resolved. */
  static EngineJars ofBuild() {
    Path list = ProjectHome.path().resolve(LIST);
    try {
      return listed(Files.readString(list));
    } catch (NoSuchFileException e) {
      throw new CommandFailure("there is no " + list + "; build the project", e);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  /** Those of a class path. */
  static EngineJars listed(String classpath) {
    return new EngineJars(
        Stream.of(classpath.strip().split(File.pathSeparator)).map(Path::of).toList());
  }

  /**
   * Copies all, leaving those that are there.
   *
   * @return the copies
   * @throws CommandFailure when the directory holds another jar: two releases of one library on a
   *     class path are worse than none
   */
  List<Path> copyTo(Path directory) throws IOException {
    Files.createDirectories(directory);
    refuseOthers(directory);
    List<Path> copies = new ArrayList<>();
    for (Path file : files) {
      Path copy = directory.resolve(file.getFileName());
      if (!Files.exists(copy) || Files.mismatch(file, copy) != -1) {
        Path part = directory.resolve(file.getFileName() + ".part");
        Files.copy(file, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, copy, StandardCopyOption.REPLACE_EXISTING);
      }
      copies.add(copy);
    }
    return copies;
  }

  private void refuseOthers(Path directory) throws IOException {
    Set<String> ours =
        files.stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    try (Stream<Path> present = Files.list(directory)) {
      present
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".jar") && !ours.contains(name))
          .sorted()
          .findFirst()
          .ifPresent(
              name -> {
                throw new CommandFailure(
                    "DIR: expected a directory of the engine's jars alone, as lib/djl, found "
                        + name
                        + " in "
                        + directory);
              });
    }
  }
}
