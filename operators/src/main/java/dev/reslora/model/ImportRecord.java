package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The file {@code import.json} that an import leaves in its directory: the source, and every file's
 * SHA-256. By it a second import knows that there is nothing to do.
 */
final class ImportRecord {

  private static final String FILE = "import.json";
  private static final long MAX_BYTES = 1 << 20;

  private ImportRecord() {}

  static void write(Path directory, String source) throws IOException {
    ObjectNode record = ModelJson.object().put("source", source);
    ObjectNode digests = record.putObject("sha256");
    for (Path file : files(directory)) {
      digests.put(file.getFileName().toString(), digest(file));
    }
    ModelJson.write(directory.resolve(FILE), record);
  }

  /** The source that a directory was imported from, if it was. */
  static Optional<String> source(Path directory) throws IOException {
    if (!Files.isRegularFile(directory.resolve(FILE))) {
      return Optional.empty();
    }
    return Optional.of(read(directory).path("source").asText());
  }

  /** What is not as it was imported, if anything. */
  static Optional<String> damage(Path directory) throws IOException {
    for (Map.Entry<String, JsonNode> each : read(directory).path("sha256").properties()) {
      Path file = directory.resolve(each.getKey());
      if (!Files.isRegularFile(file)) {
        return Optional.of(each.getKey() + " is missing");
      }
      if (!digest(file).equals(each.getValue().asText())) {
        return Optional.of(each.getKey() + " has changed");
      }
    }
    return Optional.empty();
  }

  private static JsonNode read(Path directory) throws IOException {
    return ModelJson.read(directory.resolve(FILE), MAX_BYTES);
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  /** SHA-256, hex. */
  static String digest(Path file) throws IOException {
    MessageDigest digest = Digests.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] chunk = new byte[1 << 16];
      while (in.read(chunk) >= 0) {
        // The stream feeds the digest.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
