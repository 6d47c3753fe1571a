package dev.reslora.model;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * A safetensors file: 8 bytes header length, JSON header, tensors. The header is checked whole when
 * the file is opened, so every later read is within the file. Tensors are read on demand by
 * position, from any thread; a file that shrinks meanwhile is an error and not a crash, as it would
 * be with a mapped file.
 */
public final class SafetensorsFile implements AutoCloseable {

  private static final int CHUNK = 1 << 20;
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private final String file;
  private final Source source;
  private final SafetensorsHeader header;

  private SafetensorsFile(String file, Source source, SafetensorsHeader header) {
    this.file = file;
    this.source = source;
    this.header = header;
  }

  /**
   * Opens and checks a file.
   *
   * @throws ModelFileException naming the file, the tensor, what was expected and what was found
   */
  public static SafetensorsFile open(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path);
    try {
      return open(path.toString(), new FileSource(channel));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Checks a file that is already in memory, as from a snapshot; the name is for messages. */
  public static SafetensorsFile of(String name, byte[] bytes) throws IOException {
    return open(name, new MemorySource(bytes));
  }

  private static SafetensorsFile open(String file, Source source) throws IOException {
    long size = source.size();
    if (size < 8) {
      throw new ModelFileException(file, "has " + size + " bytes, expected 8 of header length");
    }
    ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    source.read(0, prefix);
    long length = prefix.getLong(0);
    long limit = Math.min(SafetensorsHeader.MAX_BYTES, size - 8);
    if (length < 0 || length > limit) {
      throw new ModelFileException(
          file,
          "the header has " + Long.toUnsignedString(length) + " bytes, expected at most " + limit);
    }
    byte[] json = new byte[(int) length];
    source.read(8, ByteBuffer.wrap(json));
    return new SafetensorsFile(file, source, SafetensorsHeader.parse(file, json, size));
  }

  /** Every tensor, by name. */
  public SortedMap<String, TensorEntry> entries() {
    return Collections.unmodifiableSortedMap(header.entries);
  }

  /** The file's free text, by key. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata);
  }

  /**
   * A tensor's values, row-major. F16 and BF16 are widened exactly; other types are refused.
   *
   * @throws ModelFileException when there is no such tensor, or its type is another
   */
  public float[] floats(String name) throws IOException {
    TensorEntry entry = entry(name);
    if (!entry.dtype().isFloat32Exact()) {
      throw new ModelFileException(
          file, "tensor '" + name + "' is " + entry.dtype() + ", expected F32, F16 or BF16");
    }
    float[] values = new float[length(entry, entry.elements())];
    int width = entry.dtype().bits() / 8;
    int[] done = {0};
    forEachChunk(
        entry,
        chunk -> {
          int count = chunk.remaining() / width;
          entry.dtype().decode(chunk, values, done[0], count);
          done[0] += count;
        });
    return values;
  }

  /** A tensor's bytes as they lie in the file: read-only, little-endian. */
  public ByteBuffer bytes(String name) throws IOException {
    TensorEntry entry = entry(name);
    ByteBuffer bytes = ByteBuffer.allocate(length(entry, entry.bytes()));
    source.read(entry.begin(), bytes);
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads a tensor piece by piece; a piece holds whole elements and lives until the next. */
  void forEachChunk(TensorEntry entry, ChunkReader reader) throws IOException {
    ByteBuffer chunk =
        ByteBuffer.allocate((int) Math.min(CHUNK, entry.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    for (long at = entry.begin(); at < entry.end(); at += chunk.limit()) {
      chunk.clear().limit((int) Math.min(CHUNK, entry.end() - at));
      source.read(at, chunk);
      reader.accept(chunk.flip());
    }
  }

  private TensorEntry entry(String name) throws ModelFileException {
    TensorEntry entry = header.entries.get(name);
    if (entry == null) {
      throw new ModelFileException(
          file,
          "has no tensor '"
              + name
              + "'; it has "
              + header.entries.size()
              + ", among them "
              + header.entries.keySet().stream().limit(3).collect(Collectors.joining(", ")));
    }
    return entry;
  }

  private int length(TensorEntry entry, long length) throws ModelFileException {
    if (length > MAX_ARRAY) {
      throw new ModelFileException(
          file, "tensor '" + entry.name() + "' " + entry.shape() + " is larger than a Java array");
    }
    return (int) length;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  /** Takes a piece of a tensor. */
  @FunctionalInterface
  interface ChunkReader {
    void accept(ByteBuffer chunk);
  }

  /** Bytes by position. */
  private sealed interface Source extends AutoCloseable {
    long size() throws IOException;

    /** Fills the buffer or throws. */
    void read(long position, ByteBuffer into) throws IOException;

    @Override
    void close() throws IOException;
  }

  private record FileSource(FileChannel channel) implements Source {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      long at = position;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          throw new EOFException("the file ends at byte " + at + ", it was longer when opened");
        }
        at += count;
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record MemorySource(byte[] bytes) implements Source {
    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long position, ByteBuffer into) {
      into.put(bytes, (int) position, into.remaining());
    }

    @Override
    public void close() {}
  }
}
