package dev.reslora.operator;

import dev.reslora.model.Digests;
import dev.reslora.snapshot.PayloadSource;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.RecoverableFsDataOutputStream;

/**
 * Payloads as files on any of Flink's file systems, one a version, named by the version and the
 * payload's SHA-256: what is written again is the same. A file is there whole or not at all (write,
 * sync, rename; on object stores a multipart upload).
 */
public final class SnapshotStore {

  private final Path root;

  /**
   * @param root a directory's URI
   */
  SnapshotStore(String root) {
    this.root = new Path(root);
  }

  /**
   * Writes a version's payload to its place, if it is not there already.
   *
   * @return URI of the file
   */
  String put(String adapterId, long version, byte[] payload) throws IOException {
    String name = SnapshotDirectory.name(adapterId, version);
    Path file = new Path(root, name + "-" + Digests.hex(payload));
    FileSystem files = file.getFileSystem();
    if (!files.exists(file) || files.getFileStatus(file).getLen() != payload.length) {
      try (RecoverableFsDataOutputStream out = files.createRecoverableWriter().open(file)) {
        out.write(payload);
        out.sync();
        out.closeForCommit().commit();
      }
    }
    return file.toUri().toString();
  }

  /**
   * Files of an adapter's versions.
   *
   * @param from the first version
   * @param to one past the last
   * @return their URIs
   */
  List<String> find(String adapterId, long from, long to) throws IOException {
    Set<String> names = new HashSet<>();
    for (long version = from; version < to; version++) {
      names.add(SnapshotDirectory.name(adapterId, version));
    }
    List<String> found = new ArrayList<>();
    if (names.isEmpty() || !root.getFileSystem().exists(root)) {
      return found;
    }
    for (FileStatus file : root.getFileSystem().listStatus(root)) {
      String name = file.getPath().getName();
      if (names.contains(name.substring(0, Math.max(0, name.lastIndexOf('-'))))) {
        found.add(file.getPath().toUri().toString());
      }
    }
    return found;
  }

  /** Removes a payload, if it is there. */
  static void remove(String dataref) throws IOException {
    Path file = new Path(URI.create(dataref));
    file.getFileSystem().delete(file, false);
  }

  /** Reads what any job's store wrote, through Flink's file systems. */
  public static PayloadSource reader() {
    return SnapshotStore::read;
  }

  private static byte[] read(URI dataref, long size) throws IOException {
    Path file = new Path(dataref);
    try (InputStream in = file.getFileSystem().open(file)) {
      return PayloadSource.bounded(in, size);
    }
  }
}
