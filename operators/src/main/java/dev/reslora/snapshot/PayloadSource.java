package dev.reslora.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where payloads are read that are too large for the topic. */
@FunctionalInterface
public interface PayloadSource {

  /**
   * Reads a payload: at most one byte more than its size, so that a longer one is seen.
   *
   * @param dataref URI of its file, from a manifest
   * @param size its size
   * @throws java.io.FileNotFoundException or {@link NoSuchFileException} when there is no such
   *     file: the version is refused
   * @throws IOException when it cannot be read now: the record may be given again
   */
  byte[] read(URI dataref, long size) throws IOException;

  /** Reads regular files of this machine, URIs with the scheme file. */
  PayloadSource LOCAL =
      (dataref, size) -> {
        if (!"file".equals(dataref.getScheme())) {
          throw new NoSuchFileException(
              dataref.toString(), null, "this reader knows the scheme file only");
        }
        Path file = Path.of(dataref.getPath());
        if (!Files.isRegularFile(file)) {
          throw new NoSuchFileException(file.toString());
        }
        try (InputStream in = Files.newInputStream(file)) {
          return bounded(in, size);
        }
      };

  /** The stream's bytes, at most one more than the size. */
  static byte[] bounded(InputStream in, long size) throws IOException {
    return in.readNBytes(Math.toIntExact(size) + 1);
  }
}
