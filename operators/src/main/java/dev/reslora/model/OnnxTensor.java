package dev.reslora.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * An initializer of an ONNX graph (TensorProto). Data lie in the file's own bytes until they are
 * asked for.
 *
 * @param name its name
 * @param shape sizes, outermost first
 * @param type TensorProto.DataType
 * @param raw little-endian elements
 * @param floats elements of a float tensor in the typed field, little-endian
 * @param integers elements of a small integer tensor in the typed field
 */
record OnnxTensor(
    String name, long[] shape, int type, ByteBuffer raw, ByteBuffer floats, int[] integers) {

  static final int FLOAT = 1;
  static final int UINT8 = 2;
  static final int INT8 = 3;

  /** Typed integers are scalars and rows of zero points. */
  private static final int MAX_INTEGERS = 1 << 20;

  static OnnxTensor parse(String file, ProtobufMessage message) throws IOException {
    String name = "";
    LongStream.Builder shape = LongStream.builder();
    int type = 0;
    ByteBuffer raw = ByteBuffer.allocate(0);
    ByteBuffer floats = ByteBuffer.allocate(0);
    List<Integer> integers = new ArrayList<>();
    while (message.next()) {
      switch (message.field()) {
        case 1 -> message.numbers(shape::add);
        case 2 -> type = (int) message.number();
        case 4 -> floats = message.floats();
        case 5 -> message.numbers(each -> addBounded(integers, (int) each));
        case 8 -> name = message.text();
        case 9 -> raw = message.bytes();
        case 14 -> requireInside(file, name, message.number());
        default -> {}
      }
    }
    int[] typed = integers.stream().mapToInt(Integer::intValue).toArray();
    return new OnnxTensor(name, shape.build().toArray(), type, raw, floats, typed);
  }

  private static void addBounded(List<Integer> integers, int value) {
    if (integers.size() < MAX_INTEGERS) {
      integers.add(value);
    }
  }

  private static void requireInside(String file, String name, long location) throws IOException {
    if (location != 0) {
      throw new ModelFileException(
          file, "tensor '" + name + "' lies in another file, which is not supported");
    }
  }

  boolean isFloat() {
    return type == FLOAT;
  }

  /** The elements as numbers; 8-bit integers as they are stored, before any scale. */
  float[] values(String file) throws IOException {
    return switch (type) {
      case FLOAT -> floatValues(file);
      case UINT8 -> byteValues(file, 0xff);
      case INT8 -> byteValues(file, -1);
      default ->
          throw new ModelFileException(
              file,
              "tensor '" + name + "' has ONNX type " + type + ", expected float, uint8 or int8");
    };
  }

  private float[] floatValues(String file) throws IOException {
    ByteBuffer data = raw.hasRemaining() ? raw : floats;
    requireCount(file, data.remaining() / 4, data.remaining() % 4 == 0);
    float[] values = new float[data.remaining() / 4];
    data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** The mask makes a byte unsigned (0xff) or leaves it signed (-1). */
  private float[] byteValues(String file, int mask) throws IOException {
    int count = raw.hasRemaining() ? raw.remaining() : integers.length;
    requireCount(file, count, true);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = raw.hasRemaining() ? raw.get(raw.position() + i) & mask : integers[i];
    }
    return values;
  }

  private void requireCount(String file, long found, boolean whole) throws IOException {
    try {
      if (whole && LongStream.of(shape).reduce(1, Math::multiplyExact) == found) {
        return;
      }
    } catch (ArithmeticException e) {
      throw new ModelFileException(file, "tensor '" + name + "' " + text(shape) + " overflows", e);
    }
    throw new ModelFileException(
        file, "tensor '" + name + "' of shape " + text(shape) + " has " + found + " elements");
  }

  private static String text(long[] shape) {
    return Arrays.toString(shape);
  }
}
