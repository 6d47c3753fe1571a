package dev.reslora.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * Walks the fields of one protobuf message, in place: values are slices of the message's own bytes,
 * so a length that lies is found before anything is allocated. Enough of the wire format for ONNX
 * files, which need neither generated classes nor a runtime for it.
 */
final class ProtobufMessage {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final String file;
  private final ByteBuffer rest;
  private int field;
  private int wireType;
  private long number;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /**
   * @param file for messages
   * @param message the message's bytes; not changed
   */
  ProtobufMessage(String file, ByteBuffer message) {
    this.file = file;
    this.rest = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Moves to the next field; false at the end. */
  boolean next() throws IOException {
    if (!rest.hasRemaining()) {
      return false;
    }
    long tag = varint(rest);
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    if (field == 0 || tag >>> 32 != 0) {
      throw malformed("tag " + tag);
    }
    switch (wireType) {
      case VARINT -> number = varint(rest);
      case FIXED64 -> number = take(8).getLong();
      case BYTES -> bytes = take(varint(rest));
      case FIXED32 -> number = take(4).getInt();
      default -> throw malformed("wire type " + wireType);
    }
    return true;
  }

  int field() {
    return field;
  }

  long number() throws IOException {
    expect(VARINT);
    return number;
  }

  ByteBuffer bytes() throws IOException {
    expect(BYTES);
    return bytes;
  }

  ProtobufMessage message() throws IOException {
    return new ProtobufMessage(file, bytes());
  }

  String text() throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes().duplicate()).toString();
    } catch (CharacterCodingException e) {
      throw new ModelFileException(file, "is not an ONNX model: a text is not valid UTF-8", e);
    }
  }

  /** The elements of a repeated integer field, packed or not. */
  void numbers(LongConsumer consumer) throws IOException {
    if (wireType == BYTES) {
      ByteBuffer packed = bytes.duplicate();
      while (packed.hasRemaining()) {
        consumer.accept(varint(packed));
      }
    } else {
      consumer.accept(number());
    }
  }

  /** The elements of a repeated float field, packed or not, as little-endian bytes. */
  ByteBuffer floats() throws IOException {
    if (wireType == FIXED32) {
      return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) number).flip();
    }
    return bytes();
  }

  private ByteBuffer take(long length) throws IOException {
    if (length < 0 || length > rest.remaining()) {
      throw malformed("length " + length + " where " + rest.remaining() + " bytes are left");
    }
    ByteBuffer slice = rest.slice(rest.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    rest.position(rest.position() + (int) length);
    return slice;
  }

  private long varint(ByteBuffer from) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64 && from.hasRemaining(); shift += 7) {
      byte next = from.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("an integer that does not end");
  }

  private void expect(int expected) throws IOException {
    if (wireType != expected) {
      throw malformed("wire type " + wireType + " in field " + field + ", expected " + expected);
    }
  }

  private ModelFileException malformed(String found) {
    return new ModelFileException(file, "is not an ONNX model: found " + found);
  }
}
