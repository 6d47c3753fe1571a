package dev.reslora.operator;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.UnsupportedFileSystemSchemeException;

/** Flink's file systems, by URI. */
public final class FlinkFiles {

  private static final Map<String, String> PLUGINS =
      Map.of(
          "s3", "flink-s3-fs-hadoop",
          "s3a", "flink-s3-fs-hadoop",
          "s3p", "flink-s3-fs-presto",
          "gs", "flink-gs-fs-hadoop",
          "abfs", "flink-azure-fs-hadoop",
          "abfss", "flink-azure-fs-hadoop",
          "wasb", "flink-azure-fs-hadoop",
          "wasbs", "flink-azure-fs-hadoop",
          "oss", "flink-oss-fs-hadoop");

  private FlinkFiles() {}

  /**
   * Finds a path's file system.
   *
   * @throws IOException when there is none, saying which plug-in is missing and where it belongs,
   *     or when it does not start
   */
  @SuppressWarnings("UnusedException") // says at length what is said here
  public static FileSystem at(Path path) throws IOException {
    try {
      return path.getFileSystem();
    } catch (UnsupportedFileSystemSchemeException e) {
      String scheme = path.toUri().getScheme();
      throw new IOException(
          ("%s takes %s, a plug-in of Flink's that is not loaded: it belongs in a directory of its"
                  + " own in FLINK_PLUGINS_DIR")
              .formatted(path, PLUGINS.getOrDefault(scheme, "a file system for " + scheme + ":")));
    }
  }
}
