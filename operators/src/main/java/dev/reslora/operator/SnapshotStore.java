package dev.reslora.operator;

import dev.reslora.model.Digests;
import dev.reslora.schema.RootCause;
import dev.reslora.snapshot.PayloadSource;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.RecoverableFsDataOutputStream;
import org.apache.flink.core.fs.RecoverableWriter;
import org.apache.flink.util.IOUtils;

/**
 * Payloads as files on any of Flink's file systems, one a version, named by the version and the
 * payload's SHA-256: what is written again is the same. A file is there whole or not at all (write,
 * sync, rename; on object stores an upload that is completed last).
 */
public final class SnapshotStore {

  private final Path root;

  /**
   * @param root a directory's URI
   * @throws IOException when Flink has no file system for it
   */
  SnapshotStore(String root) throws IOException {
    this.root = new Path(root);
    FlinkFiles.at(this.root);
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
      write(files, file, payload);
    }
    return file.toUri().toString();
  }

  private static void write(FileSystem files, Path file, byte[] payload) throws IOException {
    RecoverableWriter writer;
    try {
      writer = files.createRecoverableWriter();
    } catch (UnsupportedOperationException e) {
      // As flink-s3-fs-presto, which uploads when the stream is closed. What a failure leaves in
      // part is named by no manifest, and is written again.
      try (FSDataOutputStream out = files.create(file, WriteMode.OVERWRITE)) {
        out.write(payload);
      }
      return;
    }
    RecoverableFsDataOutputStream out = writer.open(file);
    RecoverableFsDataOutputStream.Committer written;
    try {
      out.write(payload);
      if (!files.isDistributedFS()) {
        // To the disk before the rename. flink-s3-fs-hadoop completes the upload by it, and the
        // commit fails.
        out.sync();
      }
      written = out.closeForCommit();
    } catch (IOException | RuntimeException e) {
      // Here alone: flink-s3-fs-hadoop's cannot be closed once more.
      IOUtils.closeQuietly(out);
      throw e;
    }
    written.commit();
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
    FileSystem files = FlinkFiles.at(file);
    try (InputStream in = files.open(file)) {
      return PayloadSource.bounded(in, size);
    } catch (FileNotFoundException e) {
      throw e;
    } catch (IOException e) {
      requireThere(files, file, e);
      throw new IOException("%s cannot be read: %s".formatted(dataref, RootCause.message(e)), e);
    }
  }

  /** Not every plug-in says by an exception's type that there is no such object. */
  private static void requireThere(FileSystem files, Path file, IOException failure)
      throws FileNotFoundException {
    boolean there = true;
    try {
      there = files.exists(file);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    if (!there) {
      throw new FileNotFoundException(failure.getMessage());
    }
  }
}
