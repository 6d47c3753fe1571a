package dev.reslora.training;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * State by name, each name's bytes in entries of at most 4 MiB: {@code name#0000}, {@code
 * name#0001}, ...
 */
final class Sections {

  private static final int MOST = 4 << 20;

  private final SortedMap<String, byte[]> entries;

  Sections() {
    this(new TreeMap<>());
  }

  Sections(SortedMap<String, byte[]> entries) {
    this.entries = entries;
  }

  /** Writes one name's bytes. */
  interface Writer {
    void write(DataOutput out) throws IOException;
  }

  /** Reads one name's bytes. */
  interface Reader<T> {
    T read(DataInput in) throws IOException;
  }

  SortedMap<String, byte[]> entries() {
    return entries;
  }

  boolean has(String name) {
    return entries.containsKey(key(name, 0));
  }

  /** Bytes of a name; 0 where it is missing. */
  int size(String name) {
    int size = 0;
    int part = 0;
    for (byte[] bytes = entries.get(key(name, part));
        bytes != null;
        bytes = entries.get(key(name, ++part))) {
      size += bytes.length;
    }
    return size;
  }

  void put(String name, Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writer.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    put(name, bytes.toByteArray());
  }

  void put(String name, float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, numbers.length)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    put(name, bytes.array());
  }

  private void put(String name, byte[] bytes) {
    int part = 0;
    for (int begin = 0; begin < bytes.length || part == 0; begin += MOST) {
      int end = Math.min(bytes.length, begin + MOST);
      entries.put(key(name, part++), Arrays.copyOfRange(bytes, begin, end));
    }
  }

  /**
   * Reads a name's bytes.
   *
   * @throws IncompatibleStateException when they are missing, short or not what the reader expects
   */
  <T> T get(String name, Reader<T> reader) {
    try (InputStream in = stream(name)) {
      T value = reader.read(new DataInputStream(in));
      if (in.read() >= 0) {
        throw new IncompatibleStateException("state section " + name + " is longer than expected");
      }
      return value;
    } catch (IOException e) {
      throw new IncompatibleStateException("state section " + name + " cannot be read: " + e);
    }
  }

  /**
   * Reads numbers.
   *
   * @throws IncompatibleStateException when there are not exactly this many
   */
  float[] floats(String name, int count) {
    return get(
        name,
        in -> {
          byte[] bytes = new byte[Math.multiplyExact(4, count)];
          in.readFully(bytes);
          float[] numbers = new float[count];
          ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
          return numbers;
        });
  }

  private InputStream stream(String name) {
    List<InputStream> parts = new ArrayList<>();
    for (byte[] part = entries.get(key(name, 0)); part != null; ) {
      parts.add(new ByteArrayInputStream(part));
      part = entries.get(key(name, parts.size()));
    }
    if (parts.isEmpty()) {
      throw new IncompatibleStateException("state section " + name + " is missing");
    }
    return new SequenceInputStream(Collections.enumeration(parts));
  }

  private static String key(String name, int part) {
    return String.format(Locale.ROOT, "%s#%04d", name, part);
  }
}
