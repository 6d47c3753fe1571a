package dev.reslora.pipeline.local;

import dev.reslora.model.ImportProgress;
import dev.reslora.model.ImportedModel;
import dev.reslora.model.KnownModel;
import dev.reslora.model.ModelImport;
import java.io.IOException;
import java.nio.file.Path;

/** Where fetched models and data are kept between runs. */
public final class CacheDirectory {

  private CacheDirectory() {}

  /** RESLORA_CACHE, else .cache/reslora in the user's home. */
  public static Path path() {
    String chosen = System.getenv("RESLORA_CACHE");
    return chosen == null || chosen.isBlank()
        ? Path.of(System.getProperty("user.home"), ".cache", "reslora")
        : Path.of(chosen);
  }

  /** A known model, fetched and imported where that has not happened yet. */
  public static ImportedModel imported(KnownModel model, ImportProgress progress)
      throws IOException {
    return new ModelImport(model(model.label()), false, progress)
        .known(model, MavenWrapper.ofThisProject());
  }

  /** Where an imported model is kept. */
  public static Path model(String name) {
    return path().resolve("models").resolve(name);
  }
}
