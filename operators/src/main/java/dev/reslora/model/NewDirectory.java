package dev.reslora.model;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory that appears whole or not at all: written beside its place, synced, renamed. */
public final class NewDirectory {

  private NewDirectory() {}

  /** Fills a directory. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path directory) throws IOException;
  }

  /**
   * Makes a directory; what was written is gone again when that fails.
   *
   * @param target must not exist; its parents are made
   */
  public static void make(Path target, Content content) throws IOException {
    Path place = target.toAbsolutePath().normalize();
    Path parent = place.getParent();
    if (parent == null) {
      throw new IOException(target + " is there already");
    }
    Files.createDirectories(parent);
    Path partial = Files.createTempDirectory(parent, "." + place.getFileName() + ".");
    try {
      content.writeTo(partial);
      for (Path written : tree(partial)) {
        sync(written);
      }
      Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      delete(partial);
      throw e;
    }
    sync(parent);
  }

  /** The rename must not become durable before the bytes, nor be lost after. */
  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static List<Path> tree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.sorted(Comparator.reverseOrder()).toList();
    }
  }

  /** Removes a directory with all that is in it. */
  public static void delete(Path directory) throws IOException {
    for (Path each : tree(directory)) {
      Files.delete(each);
    }
  }
}
