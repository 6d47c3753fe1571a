package dev.reslora.text;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a {@link TokenizedExample} on an edge and in state. They begin with the layout's
 * version, so that examples of several releases may lie in one state; every version once released
 * stays readable. Token ids take 7 bits a byte.
 */
public final class TokenizedExampleCodec {

  private static final int VERSION = 1;
  private static final int HAS_SEGMENTS = 1;
  private static final int HAS_LABEL = 2;
  private static final int HAS_BYTES = 4;
  private static final int CONTINUED = 8;
  private static final int HAS_SOURCE = 16;
  private static final int MAX_TOKENS = 1 << 20;

  private TokenizedExampleCodec() {}

  public static void write(TokenizedExample example, DataOutput out) throws IOException {
    int[] segments = example.segments();
    String label = example.label();
    String source = example.source();
    out.writeByte(VERSION);
    out.writeByte(
        (segments == null ? 0 : HAS_SEGMENTS)
            | (label == null ? 0 : HAS_LABEL)
            | (example.bytes() == 0 ? 0 : HAS_BYTES)
            | (example.continued() ? CONTINUED : 0)
            | (source == null ? 0 : HAS_SOURCE));
    out.writeUTF(example.adapterId());
    out.writeUTF(example.exampleId());
    out.writeUTF(example.topic());
    out.writeInt(example.partition());
    out.writeLong(example.offset());
    out.writeLong(example.eventTime());
    writeInts(example.tokens(), out);
    if (segments != null) {
      writeInts(segments, out);
    }
    writeInt(example.lossFrom(), out);
    if (label != null) {
      out.writeUTF(label);
    }
    out.writeFloat(example.weight());
    if (example.bytes() != 0) {
      writeInt(example.bytes(), out);
    }
    if (source != null) {
      out.writeUTF(source);
    }
  }

  /**
   * Reads one example.
   *
   * @throws IOException when the bytes end early, or are of a layout that this release does not
   *     know
   */
  public static TokenizedExample read(DataInput in) throws IOException {
    int version = in.readUnsignedByte();
    if (version != VERSION) {
      throw new IOException(
          "tokenized example: expected layout version " + VERSION + ", found " + version);
    }
    int flags = in.readUnsignedByte();
    return new TokenizedExample(
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        in.readInt(),
        in.readLong(),
        in.readLong(),
        readInts(in),
        readSegments(flags, in),
        readInt(in),
        readLabel(flags, in),
        in.readFloat(),
        (flags & HAS_BYTES) == 0 ? 0 : readInt(in),
        (flags & HAS_SOURCE) == 0 ? null : in.readUTF(),
        (flags & CONTINUED) != 0);
  }

  private static int @Nullable [] readSegments(int flags, DataInput in) throws IOException {
    return (flags & HAS_SEGMENTS) == 0 ? null : readInts(in);
  }

  private static @Nullable String readLabel(int flags, DataInput in) throws IOException {
    return (flags & HAS_LABEL) == 0 ? null : in.readUTF();
  }

  private static void writeInts(int[] values, DataOutput out) throws IOException {
    writeInt(values.length, out);
    for (int value : values) {
      writeInt(value, out);
    }
  }

  private static int[] readInts(DataInput in) throws IOException {
    int length = readInt(in);
    if (length < 0 || length > MAX_TOKENS) {
      throw new IOException(
          "tokenized example: expected at most " + MAX_TOKENS + " tokens, found " + length);
    }
    int[] values = new int[length];
    for (int i = 0; i < length; i++) {
      values[i] = readInt(in);
    }
    return values;
  }

  private static void writeInt(int value, DataOutput out) throws IOException {
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      out.writeByte((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.writeByte(rest);
  }

  private static int readInt(DataInput in) throws IOException {
    int value = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += 7) {
      int part = in.readUnsignedByte();
      value |= (part & 0x7F) << shift;
      if (part < 0x80) {
        return value;
      }
    }
    throw new IOException("tokenized example: expected a number of at most 32 bits");
  }
}
