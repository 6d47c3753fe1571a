package dev.reslora.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes a safetensors file, byte for byte as the reference library does: tensors by descending
 * type, then name; header without spaces, padded to 8 bytes. So the same tensors give the same
 * digest, whoever writes them.
 */
public final class SafetensorsWriter {

  private static final int CHUNK = 1 << 20;
  private static final JsonFactory JSON = new JsonFactory();
  private static final Comparator<Tensor> LAYOUT =
      Comparator.comparing(Tensor::dtype)
          .reversed()
          .thenComparing(
              tensor -> tensor.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private final SortedMap<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
  private final List<Tensor> tensors = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /** Adds free text to the file's metadata; {@code format=pt} is there from the start. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /** Adds a float32 tensor, row-major; the array is read when the file is written. */
  public SafetensorsWriter add(String name, float[] values, long... shape) {
    return add(
        new Tensor(
            name,
            DType.F32,
            shape,
            4L * values.length,
            out -> writeFloats(values, DType.F32, out)));
  }

  /**
   * Adds a tensor of a float type, rounded to nearest from float32. Its values are asked for when
   * the file is written, so that no two such tensors are in memory at once.
   */
  public SafetensorsWriter add(String name, DType dtype, FloatSource values, long... shape) {
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    return add(
        new Tensor(
            name,
            dtype,
            shape,
            elements * dtype.bits() / 8,
            out -> {
              float[] read = values.read();
              if (read.length != elements) {
                throw new IOException(
                    "tensor '" + name + "' has " + read.length + " values, expected " + elements);
              }
              writeFloats(read, dtype, out);
            }));
  }

  /** Adds a tensor of any type from its little-endian bytes, read when the file is written. */
  public SafetensorsWriter add(String name, DType dtype, ByteBuffer bytes, long... shape) {
    ByteBuffer view = bytes.asReadOnlyBuffer();
    return add(
        new Tensor(name, dtype, shape, view.remaining(), out -> writeBytes(view.duplicate(), out)));
  }

  private SafetensorsWriter add(Tensor tensor) {
    long bits = Arrays.stream(tensor.shape).reduce(tensor.dtype.bits(), Math::multiplyExact);
    if (bits != 8 * tensor.bytes) {
      throw new IllegalArgumentException(
          "tensor '"
              + tensor.name
              + "' of "
              + tensor.dtype
              + " "
              + Arrays.toString(tensor.shape)
              + " takes "
              + bits / 8
              + " bytes, found "
              + tensor.bytes);
    }
    if (tensor.name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("a tensor's name has control characters: " + tensor.name);
    }
    if (tensor.name.equals("__metadata__") || !names.add(tensor.name)) {
      throw new IllegalArgumentException("tensor '" + tensor.name + "' is there already");
    }
    tensors.add(tensor);
    return this;
  }

  /** Writes the file; an existing one is replaced. */
  public void write(Path path) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
      writeTo(out);
    }
  }

  /** The file's bytes. */
  public byte[] toByteArray() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writeTo(out);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail to be written", e);
    }
    return out.toByteArray();
  }

  /** Writes the file's bytes; the stream stays open. */
  public void writeTo(OutputStream out) throws IOException {
    List<Tensor> inOrder = tensors.stream().sorted(LAYOUT).toList();
    byte[] header = header(inOrder);
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
    out.write(header);
    for (Tensor tensor : inOrder) {
      tensor.content.writeTo(out);
    }
  }

  private byte[] header(List<Tensor> inOrder) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(header)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      long offset = 0;
      for (Tensor tensor : inOrder) {
        json.writeObjectFieldStart(tensor.name);
        json.writeStringField("dtype", tensor.dtype.name());
        json.writeFieldName("shape");
        json.writeArray(tensor.shape, 0, tensor.shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset + tensor.bytes}, 0, 2);
        json.writeEndObject();
        offset += tensor.bytes;
      }
      json.writeEndObject();
    }
    while (header.size() % 8 != 0) {
      header.write(' ');
    }
    return header.toByteArray();
  }

  private static void writeFloats(float[] values, DType dtype, OutputStream out)
      throws IOException {
    int width = dtype.bits() / 8;
    ByteBuffer chunk =
        ByteBuffer.allocate((int) Math.min(CHUNK, (long) width * values.length))
            .order(ByteOrder.LITTLE_ENDIAN);
    int most = chunk.capacity() / width;
    for (int at = 0; at < values.length; at += most) {
      int count = Math.min(most, values.length - at);
      dtype.encode(values, at, count, chunk.clear());
      out.write(chunk.array(), 0, chunk.position());
    }
  }

  private static void writeBytes(ByteBuffer bytes, OutputStream out) throws IOException {
    byte[] chunk = new byte[Math.min(CHUNK, bytes.remaining())];
    while (bytes.hasRemaining()) {
      int count = Math.min(chunk.length, bytes.remaining());
      bytes.get(chunk, 0, count);
      out.write(chunk, 0, count);
    }
  }

  /** Gives a tensor's values, row-major, when its file is written. */
  @FunctionalInterface
  public interface FloatSource {
    float[] read() throws IOException;
  }

  /** Writes a tensor's bytes. */
  @FunctionalInterface
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private record Tensor(String name, DType dtype, long[] shape, long bytes, Content content) {}
}
