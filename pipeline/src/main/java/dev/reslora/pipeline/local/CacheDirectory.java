package dev.reslora.pipeline.local;

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

  /** Where an imported model is kept. */
  public static Path model(String name) {
    return path().resolve("models").resolve(name);
  }
}
