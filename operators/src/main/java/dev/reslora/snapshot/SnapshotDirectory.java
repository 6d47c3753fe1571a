package dev.reslora.snapshot;

import dev.reslora.model.NewDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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
    NewDirectory.make(
        target,
        directory -> {
          for (Map.Entry<String, byte[]> file : version.files().entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
          }
        });
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

  /**
   * The files of a version that {@link #write} wrote, by name.
   *
   * @param maxBytes most bytes of all files together
   */
  public static SortedMap<String, byte[]> read(Path directory, long maxBytes) throws IOException {
    SortedMap<String, byte[]> files = new TreeMap<>();
    long rest = maxBytes;
    for (String name : PeftLayout.FILES) {
      Path file = directory.resolve(name);
      if (Files.isRegularFile(file)) {
        rest -= Files.size(file);
        if (rest < 0) {
          throw new IOException(directory + ": expected at most " + maxBytes + " bytes");
        }
        files.put(name, Files.readAllBytes(file));
      }
    }
    if (files.isEmpty()) {
      throw new IOException(directory + ": expected an adapter in PEFT's layout, found none");
    }
    return files;
  }
}
