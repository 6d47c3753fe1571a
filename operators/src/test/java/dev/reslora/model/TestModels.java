package dev.reslora.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Model directories for the tests, made once and kept in {@code target/test-models}. */
public final class TestModels {

  /** Written once: a job may be reading it. */
  private static @Nullable Path tinyLlama;

  private TestModels() {}

  /** The real MiniLM (6 layers, hidden 384), from the int8 jar on the test class path. */
  public static synchronized Path minilm() {
    try {
      return new ModelImport(directory("minilm-q"), false, ImportProgress.NONE)
          .file(minilmJar(), KnownModel.MINILM_Q.origin())
          .directory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A BERT of 2 layers, hidden 16, random weights, whose tokens are letters and digits. */
  public static synchronized Path tiny() {
    try {
      Path directory = directory("tiny");
      Path jar = directory.resolveSibling("tiny.jar");
      Files.createDirectories(jar.getParent());
      new TinyEncoder().writeJar(jar);
      return new ModelImport(directory, false, ImportProgress.NONE)
          .file(jar, TinyEncoder.ORIGIN)
          .directory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A Llama of 3 layers, hidden 16, random weights, whose tokens are bytes and a few words. */
  public static synchronized Path tinyLlama() {
    Path written = tinyLlama;
    if (written == null) {
      try {
        written = TinyLlama.write(directory("tiny-llama"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      tinyLlama = written;
    }
    return written;
  }

  static Path minilmJar() throws IOException {
    URL onnx = Objects.requireNonNull(TestModels.class.getResource("/all-minilm-l6-v2-q.onnx"));
    if (onnx.openConnection() instanceof JarURLConnection jar) {
      try {
        return Path.of(jar.getJarFileURL().toURI());
      } catch (URISyntaxException e) {
        throw new IOException(e);
      }
    }
    throw new IOException("expected a jar, found " + onnx);
  }

  private static Path directory(String name) {
    return Path.of(System.getProperty("basedir", "."), "target", "test-models", name);
  }
}
