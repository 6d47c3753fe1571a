package dev.reslora.pipeline.cli;

import java.nio.file.Path;

/** Where the project lies, as the launcher says it; else where the command was started. */
final class ProjectHome {

  private ProjectHome() {}

  /** A place in it. */
  static Path path(String... below) {
    return Path.of(System.getProperty("reslora.home", "."), below);
  }
}
