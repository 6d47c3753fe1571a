package dev.reslora.pipeline;

import dev.reslora.model.ImportProgress;
import dev.reslora.model.KnownModel;
import dev.reslora.model.ModelImport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** The real MiniLM for the tests, imported once into {@code target/test-models}. */
public final class TestModels {

  private TestModels() {}

  public static synchronized Path minilm() {
    Path directory =
        Path.of(System.getProperty("basedir", "."), "target", "test-models", "minilm-q");
    try {
      return new ModelImport(directory, false, ImportProgress.NONE)
          .file(minilmJar(), KnownModel.MINILM_Q.origin())
          .directory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The int8 jar on the test class path. */
  public static Path minilmJar() throws IOException {
    URL onnx = Objects.requireNonNull(TestModels.class.getResource("/all-minilm-l6-v2-q.onnx"));
    JarURLConnection jar = (JarURLConnection) onnx.openConnection();
    return Path.of(URI.create(jar.getJarFileURL().toString()));
  }
}
