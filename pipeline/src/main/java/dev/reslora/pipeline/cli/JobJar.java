package dev.reslora.pipeline.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The shaded jar that a cluster is given. */
final class JobJar {

  private JobJar() {}

  /** The jar named, or the one that the build left under {@code pipeline/target}. */
  static Path find(@Nullable Path named) {
    if (named == null) {
      return built();
    }
    if (!Files.isRegularFile(named)) {
      throw new CommandFailure("--jar: there is no file " + named);
    }
    return named;
  }

  private static Path built() {
    Path target = ProjectHome.path().resolve("pipeline/target");
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(target, "reslora-pipeline-*-job.jar")) {
      for (Path jar : jars) {
        return jar;
      }
    } catch (IOException e) {
      throw new CommandFailure("no job jar: " + target + " cannot be read; name one with --jar", e);
    }
    throw new CommandFailure("no job jar in " + target + "; build it, or name one with --jar");
  }
}
