package dev.reslora.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A version as a directory named {@code <adapter>-v<version>}. It appears whole or not at all, and
 * is never changed: a server that loads adapters by path never sees two contents under one.
 */
public final class SnapshotDirectory {

  private SnapshotDirectory() {}

  /** The directory's name; bytes of the adapter's id that a name cannot hold become %XX. */
  public static String name(String adapterId, long version) {
    StringBuilder name = new StringBuilder();
    for (byte b : adapterId.getBytes(StandardCharsets.UTF_8)) {
      if (isPlain(b, name.isEmpty())) {
        name.append((char) b);
      } else {
        name.append(String.format("%%%02X", b));
      }
    }
    return name + "-v" + version;
  }

  /** A leading dot would hide it, a leading dash would be an option. */
  private static boolean isPlain(byte b, boolean first) {
    return b == '_'
        || (b > 0 && Character.isLetterOrDigit(b))
        || (!first && (b == '-' || b == '.'));
  }

  /**
   * Writes a version into a directory.
   *
   * @return false when the same is there already
   * @throws IOException also when something else is there already
   */
  public static boolean write(PublishedVersion version, Path parent) throws IOException {
    String name = name(version.adapterId(), version.version());
    Path target = parent.resolve(name);
    if (Files.exists(target)) {
      checkSame(version, target);
      return false;
    }
    Files.createDirectories(parent);
    Path partial = Files.createTempDirectory(parent, "." + name + ".");
    try {
      for (Map.Entry<String, byte[]> file : version.files().entrySet()) {
        writeThrough(partial.resolve(file.getKey()), file.getValue());
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(partial);
      throw e;
    }
    return true;
  }

  private static void checkSame(PublishedVersion version, Path target) throws IOException {
    for (Map.Entry<String, byte[]> file : version.files().entrySet()) {
      Path there = target.resolve(file.getKey());
      if (!Files.isRegularFile(there)
          || !Arrays.equals(Files.readAllBytes(there), file.getValue())) {
        throw new IOException(target + " is there already with another " + file.getKey());
      }
    }
  }

  /** The rename must not become durable before the bytes. */
  private static void writeThrough(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
