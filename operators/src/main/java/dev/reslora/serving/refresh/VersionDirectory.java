package dev.reslora.serving.refresh;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.NewDirectory;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where versions lie for servers to read: {@code <adapter>-v<version>} each, never changed, and for
 * each adapter {@code <adapter>-current}, a link to the one in service, and {@code
 * <adapter>-current.json}, which says under what name servers have it. Both are replaced by a
 * rename: a reader sees the old or the new one.
 */
final class VersionDirectory {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;

  VersionDirectory(Path root) throws IOException {
    this.root = Files.createDirectories(root).toRealPath();
  }

  /**
   * What is in service, and which names were given to servers.
   *
   * @param version in service; 0 when there was none yet
   * @param name under which servers have it
   * @param digest of its manifest
   * @param highest version that was ever tried
   * @param repeats attempts at a version that was not higher than all before; each has another name
   */
  record Current(long version, String name, String digest, long highest, int repeats) {

    static final Current NONE = new Current(0, "", "", 0, 0);

    /** Before an attempt at a version. */
    Current trying(long wanted) {
      return wanted > highest
          ? new Current(version, name, digest, wanted, repeats)
          : new Current(version, name, digest, highest, repeats + 1);
    }

    /** After one that went well. */
    Current serving(long wanted, String as, String manifestDigest) {
      return new Current(wanted, as, manifestDigest, highest, repeats);
    }
  }

  /** Writes a version unless it is there already. */
  void write(PublishedVersion version) throws IOException {
    try {
      SnapshotDirectory.write(version, root);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  Path of(String adapterId, long version) {
    return root.resolve(SnapshotDirectory.name(adapterId, version));
  }

  boolean holds(String adapterId, long version) {
    return Files.isDirectory(of(adapterId, version));
  }

  /** What was in service when this process, or the one before it, wrote it down. */
  Current current(String adapterId) throws IOException {
    Path file = json(adapterId);
    try {
      return JSON.readValue(Files.readAllBytes(file), Current.class);
    } catch (NoSuchFileException e) {
      return Current.NONE;
    } catch (IOException e) {
      throw new IOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Writes down what is in service; the link first, for the file is what a restart believes. */
  void set(String adapterId, Current current) throws IOException {
    if (current.version > 0) {
      Path link = root.resolve("." + stem(adapterId) + "current.new");
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, of(adapterId, current.version).getFileName());
      Files.move(link, link(adapterId), StandardCopyOption.ATOMIC_MOVE);
    }
    Path file = root.resolve("." + stem(adapterId) + "current.json.new");
    Files.write(file, JSON.writeValueAsBytes(current));
    Files.move(file, json(adapterId), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Takes away link and file: the adapter is gone. */
  void forget(String adapterId) throws IOException {
    Files.deleteIfExists(link(adapterId));
    Files.deleteIfExists(json(adapterId));
  }

  /** Removes versions that are neither among the newest nor to be kept. */
  void prune(String adapterId, int newest, Set<Long> keep) throws IOException {
    List<Long> versions = new ArrayList<>(versions(adapterId));
    versions.sort(Comparator.reverseOrder());
    for (int i = newest; i < versions.size(); i++) {
      if (!keep.contains(versions.get(i))) {
        NewDirectory.delete(of(adapterId, versions.get(i)));
      }
    }
  }

  private List<Long> versions(String adapterId) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .map(file -> version(adapterId, String.valueOf(file.getFileName())))
          .flatMap(Optional::stream)
          .toList();
    }
  }

  private static Optional<Long> version(String adapterId, String name) {
    String stem = stem(adapterId) + "v";
    String number = name.startsWith(stem) ? name.substring(stem.length()) : "";
    return number.matches("[1-9][0-9]{0,17}")
        ? Optional.of(Long.valueOf(number))
        : Optional.empty();
  }

  /** Names that servers were given, or could have been, of versions of an adapter. */
  static Pattern names(String adapterId) {
    return Pattern.compile(Pattern.quote(stem(adapterId) + "v") + "[0-9]+(-r[0-9]+)?");
  }

  private static String stem(String adapterId) {
    String first = SnapshotDirectory.name(adapterId, 1);
    return first.substring(0, first.length() - "v1".length());
  }

  private Path link(String adapterId) {
    return root.resolve(stem(adapterId) + "current");
  }

  private Path json(String adapterId) {
    return root.resolve(stem(adapterId) + "current.json");
  }
}
