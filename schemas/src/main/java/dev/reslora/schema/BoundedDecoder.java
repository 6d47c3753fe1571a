package dev.reslora.schema;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Avro's binary encoding over one array. No length is believed before it has been held against the
 * bytes that are left, so nothing larger than the record itself is ever allocated; all collections
 * of a record together may not count more items than the record has bytes. Text must be UTF-8.
 */
final class BoundedDecoder extends Decoder {

  private static final char REPLACEMENT = '\uFFFD';

  private byte[] bytes = {};
  private int position;
  private int itemsLeft;

  /** Starts over at {@code from} of {@code value}, which is not copied. */
  void reset(byte[] value, int from) {
    bytes = value;
    position = from;
    itemsLeft = value.length;
  }

  int remaining() {
    return bytes.length - position;
  }

  @Override
  public void readNull() {}

  @Override
  public boolean readBoolean() throws MalformedException {
    int value = next();
    if (value > 1) {
      throw malformed("a boolean of 0 or 1", value);
    }
    return value == 1;
  }

  @Override
  public int readInt() throws MalformedException {
    long value = readLong();
    if ((int) value != value) {
      throw malformed("an int", value);
    }
    return (int) value;
  }

  /** Zigzag, 7 bits a byte, lowest first. */
  @Override
  public long readLong() throws MalformedException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int part = next();
      value |= (part & 0x7FL) << shift;
      if (part < 0x80) {
        if (shift == 63 && part > 1) {
          break;
        }
        return value >>> 1 ^ -(value & 1);
      }
    }
    throw new MalformedException("a number of more than 64 bits ends at byte " + position);
  }

  @Override
  public float readFloat() throws MalformedException {
    return Float.intBitsToFloat((int) littleEndian(Float.BYTES));
  }

  @Override
  public double readDouble() throws MalformedException {
    return Double.longBitsToDouble(littleEndian(Double.BYTES));
  }

  @Override
  public Utf8 readString(@Nullable Utf8 old) throws MalformedException {
    return new Utf8(readString());
  }

  @Override
  public String readString() throws MalformedException {
    int length = readLength();
    int start = advance(length);
    String text = new String(bytes, start, length, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) {
      requireUtf8(start, length);
    }
    return text;
  }

  @Override
  public void skipString() throws MalformedException {
    skipBytes();
  }

  @Override
  public ByteBuffer readBytes(@Nullable ByteBuffer old) throws MalformedException {
    byte[] copy = new byte[readLength()];
    readFixed(copy, 0, copy.length);
    return ByteBuffer.wrap(copy);
  }

  @Override
  public void skipBytes() throws MalformedException {
    skipFixed(readLength());
  }

  @Override
  public void readFixed(byte[] target, int start, int length) throws MalformedException {
    System.arraycopy(bytes, advance(length), target, start, length);
  }

  @Override
  public void skipFixed(int length) throws MalformedException {
    advance(length);
  }

  @Override
  public int readEnum() throws MalformedException {
    return readInt();
  }

  @Override
  public int readIndex() throws MalformedException {
    return readInt();
  }

  @Override
  public long readArrayStart() throws MalformedException {
    return readBlock();
  }

  @Override
  public long arrayNext() throws MalformedException {
    return readBlock();
  }

  @Override
  public long skipArray() throws MalformedException {
    return readBlock();
  }

  @Override
  public long readMapStart() throws MalformedException {
    return readBlock();
  }

  @Override
  public long mapNext() throws MalformedException {
    return readBlock();
  }

  @Override
  public long skipMap() throws MalformedException {
    return readBlock();
  }

  /** Items of the next block of an array or map, 0 at its end; a negative count precedes a size. */
  private int readBlock() throws MalformedException {
    long count = readLong();
    if (count < 0) {
      readLength();
      count = -count;
    }
    if (count < 0 || count > itemsLeft) {
      throw malformed("a block of at most " + itemsLeft + " items", count);
    }
    itemsLeft -= (int) count;
    return (int) count;
  }

  private int readLength() throws MalformedException {
    long length = readLong();
    if (length < 0 || length > remaining()) {
      throw malformed("a length of at most the " + remaining() + " bytes left", length);
    }
    return (int) length;
  }

  private long littleEndian(int size) throws MalformedException {
    int start = advance(size);
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes[start + i] & 0xFFL) << (Byte.SIZE * i);
    }
    return value;
  }

  private int next() throws MalformedException {
    return bytes[advance(1)] & 0xFF;
  }

  /** Moves on by {@code length} bytes, all of them there; returns where they start. */
  private int advance(int length) throws MalformedException {
    if (length < 0 || length > remaining()) {
      throw new MalformedException(
          "truncated: expected "
              + length
              + " bytes at byte "
              + position
              + ", found "
              + remaining());
    }
    int start = position;
    position += length;
    return start;
  }

  /** U+FFFD in a decoded text was either sent as such or stands for bytes that are no UTF-8. */
  private void requireUtf8(int start, int length) throws MalformedException {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, length));
    } catch (CharacterCodingException e) {
      throw new MalformedException("expected UTF-8 in the text at byte " + start + ": " + e);
    }
  }

  private MalformedException malformed(String expected, long found) {
    return new MalformedException(
        "expected " + expected + " before byte " + position + ", found " + found);
  }
}
