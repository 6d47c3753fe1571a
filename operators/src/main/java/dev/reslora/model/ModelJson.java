package dev.reslora.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** Reads and writes the small JSON files of a model directory: bounded, without duplicate keys. */
final class ModelJson {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();
  private static final ObjectWriter PRETTY = MAPPER.writerWithDefaultPrettyPrinter();

  static {
    MAPPER
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build());
  }

  private ModelJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Reads a file that must hold one JSON object and be no larger than the limit. */
  static ObjectNode read(Path file, long maxBytes) throws IOException {
    try {
      long size = Files.size(file);
      if (size > maxBytes) {
        throw new ModelFileException(file, "has " + size + " bytes, expected at most " + maxBytes);
      }
      return parse(file, Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new ModelFileException(file, "does not exist", e);
    }
  }

  /** Reads bytes that must hold one JSON object; the file is for messages. */
  static ObjectNode parse(Object file, byte[] bytes) throws IOException {
    try {
      JsonNode node = MAPPER.readTree(bytes);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new ModelFileException(file, "expected a JSON object, found " + node.getNodeType());
    } catch (JsonProcessingException e) {
      throw new ModelFileException(file, "is not valid JSON: " + e.getMessage(), e);
    }
  }

  static void write(Path file, JsonNode node) throws IOException {
    Files.write(file, PRETTY.writeValueAsBytes(node));
  }

  /** Without spaces, keys sorted at every level. */
  static byte[] canonical(ObjectNode node) throws IOException {
    return MAPPER.writeValueAsBytes(MAPPER.convertValue(node, Map.class));
  }
}
