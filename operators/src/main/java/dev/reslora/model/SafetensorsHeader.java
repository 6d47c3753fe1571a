package dev.reslora.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON in front of a safetensors file's tensors. Checks all that the reference library checks
 * and, as the format's text demands beyond it, duplicate keys. Read token by token: what is kept is
 * proportional to the header's own bytes.
 */
final class SafetensorsHeader {

  /** The reference library's limit. */
  static final int MAX_BYTES = 100_000_000;

  /** PyTorch's limit on dimensions. */
  private static final int MAX_RANK = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxNumberLength(20)
                  .maxStringLength(MAX_BYTES)
                  .build())
          .build();

  private final String file;
  private final long dataBegin;
  private final long fileSize;
  final SortedMap<String, TensorEntry> entries = new TreeMap<>();
  final SortedMap<String, String> metadata = new TreeMap<>();

  /**
   * @param file for messages
   * @param dataBegin where the tensors begin, from the start of the file
   * @param fileSize size of the file
   */
  private SafetensorsHeader(String file, long dataBegin, long fileSize) {
    this.file = file;
    this.dataBegin = dataBegin;
    this.fileSize = fileSize;
  }

  static SafetensorsHeader parse(String file, byte[] json, long fileSize) throws IOException {
    SafetensorsHeader header = new SafetensorsHeader(file, 8L + json.length, fileSize);
    try (JsonParser parser = JSON.createParser(text(file, json))) {
      header.read(parser);
    } catch (JsonProcessingException e) {
      throw new ModelFileException(file, "the header is not valid JSON: " + e.getMessage(), e);
    }
    header.checkLayout();
    return header;
  }

  /** Decoded before parsing: a JSON parser would guess UTF-16 and take malformed UTF-8. */
  private static String text(String file, byte[] json) throws ModelFileException {
    if (json.length == 0 || json[0] != '{') {
      throw new ModelFileException(file, "the header does not begin with '{'");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      throw new ModelFileException(file, "the header is not valid UTF-8", e);
    }
  }

  private void read(JsonParser parser) throws IOException {
    parser.nextToken();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("__metadata__")) {
        readMetadata(parser);
      } else {
        entries.put(name, readEntry(name, parser));
      }
    }
    if (parser.nextToken() != null) {
      throw new ModelFileException(file, "the header goes on after its JSON object");
    }
  }

  private void readMetadata(JsonParser parser) throws IOException {
    expect(parser, JsonToken.START_OBJECT, "__metadata__");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      expect(parser, JsonToken.VALUE_STRING, "__metadata__ '" + key + "'");
      metadata.put(key, parser.getText());
    }
  }

  private TensorEntry readEntry(String name, JsonParser parser) throws IOException {
    String where = "tensor '" + name + "'";
    expect(parser, JsonToken.START_OBJECT, where);
    DType dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> dtype = dtype(where, parser);
        case "shape" -> shape = sizes(where + " shape", parser);
        case "data_offsets" -> offsets = sizes(where + " data_offsets", parser);
        default -> throw new ModelFileException(file, where + " has an unknown field: " + field);
      }
    }
    return entry(
        name,
        present(where, "dtype", dtype),
        present(where, "shape", shape),
        present(where, "data_offsets", offsets));
  }

  private DType dtype(String where, JsonParser parser) throws IOException {
    expect(parser, JsonToken.VALUE_STRING, where + " dtype");
    try {
      return DType.valueOf(parser.getText());
    } catch (IllegalArgumentException e) {
      throw new ModelFileException(file, where + " has an unknown dtype: " + parser.getText(), e);
    }
  }

  private List<Long> sizes(String where, JsonParser parser) throws IOException {
    expect(parser, JsonToken.START_ARRAY, where);
    List<Long> sizes = new ArrayList<>(4);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser, JsonToken.VALUE_NUMBER_INT, where);
      if (sizes.size() == MAX_RANK) {
        throw new ModelFileException(file, where + " has more than " + MAX_RANK + " numbers");
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw new ModelFileException(file, where + " is out of range: " + parser.getText());
      }
      sizes.add(parser.getLongValue());
    }
    return List.copyOf(sizes);
  }

  private TensorEntry entry(String name, DType dtype, List<Long> shape, List<Long> offsets)
      throws ModelFileException {
    String where = "tensor '" + name + "'";
    long available = fileSize - dataBegin;
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1) || offsets.get(1) > available) {
      throw new ModelFileException(
          file, where + " has offsets " + offsets + ", expected two within 0 to " + available);
    }
    long bytes = bytes(where, dtype, shape);
    long found = offsets.get(1) - offsets.get(0);
    if (bytes != found) {
      throw new ModelFileException(
          file,
          where + " of " + dtype + " " + shape + " takes " + bytes + " bytes, found " + found);
    }
    return new TensorEntry(
        name, dtype, shape, dataBegin + offsets.get(0), dataBegin + offsets.get(1));
  }

  private long bytes(String where, DType dtype, List<Long> shape) throws ModelFileException {
    long bits;
    try {
      bits = shape.stream().reduce((long) dtype.bits(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw new ModelFileException(file, where + " overflows: " + dtype + " " + shape, e);
    }
    if (bits % 8 != 0) {
      throw new ModelFileException(file, where + " does not end at a byte: " + dtype + " " + shape);
    }
    return bits / 8;
  }

  /** No overlap, no hole, nothing left over: the format forbids hidden content. */
  private void checkLayout() throws ModelFileException {
    List<TensorEntry> inOrder = new ArrayList<>(entries.values());
    inOrder.sort(Comparator.comparingLong(TensorEntry::begin).thenComparing(TensorEntry::end));
    long next = dataBegin;
    for (TensorEntry entry : inOrder) {
      if (entry.begin() != next) {
        String what = entry.begin() < next ? "overlaps its neighbour" : "leaves a hole before it";
        throw new ModelFileException(
            file,
            "tensor '"
                + entry.name()
                + "' "
                + what
                + ": expected it at byte "
                + next
                + ", found "
                + entry.begin());
      }
      next = entry.end();
    }
    if (next != fileSize) {
      throw new ModelFileException(
          file, "the tensors end at byte " + next + ", the file at " + fileSize);
    }
  }

  private <T> T present(String where, String field, @Nullable T value) throws ModelFileException {
    if (value == null) {
      throw new ModelFileException(file, where + " has no " + field);
    }
    return value;
  }

  private void expect(JsonParser parser, JsonToken expected, String where)
      throws ModelFileException {
    if (parser.currentToken() != expected) {
      throw new ModelFileException(
          file, where + ": expected " + expected + ", found " + parser.currentToken());
    }
  }
}
