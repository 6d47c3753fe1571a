package dev.reslora.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Element types of safetensors files, in the reference library's order: files are laid out by
 * descending type, so that every tensor is aligned.
 */
public enum DType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16) {
    @Override
    void decode(ByteBuffer from, float[] to, int start, int count) {
      for (int i = 0; i < count; i++) {
        to[start + i] = half(from.getShort());
      }
    }

    @Override
    void encode(float[] from, int start, int count, ByteBuffer to) {
      for (int i = 0; i < count; i++) {
        to.putShort(toHalf(from[start + i]));
      }
    }
  },
  BF16(16) {
    @Override
    void decode(ByteBuffer from, float[] to, int start, int count) {
      for (int i = 0; i < count; i++) {
        to[start + i] = Float.intBitsToFloat(from.getShort() << 16);
      }
    }

    @Override
    void encode(float[] from, int start, int count, ByteBuffer to) {
      for (int i = 0; i < count; i++) {
        to.putShort(toBfloat16(from[start + i]));
      }
    }
  },
  I32(32),
  U32(32),
  F32(32) {
    @Override
    void decode(ByteBuffer from, float[] to, int start, int count) {
      from.asFloatBuffer().get(to, start, count);
    }

    @Override
    void encode(float[] from, int start, int count, ByteBuffer to) {
      to.asFloatBuffer().put(from, start, count);
      to.position(to.position() + 4 * count);
    }
  },
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Size of an element in bits. */
  public int bits() {
    return bits;
  }

  /** Whether every value is exactly a float32: F32, F16 and BF16. */
  public boolean isFloat32Exact() {
    return this == F32 || this == F16 || this == BF16;
  }

  /** Widens count little-endian elements to float32. */
  void decode(ByteBuffer from, float[] to, int start, int count) {
    throw new UnsupportedOperationException(this + " is not widened to float32");
  }

  /** Rounds count float32 values to the nearest elements (ties to even), little-endian. */
  void encode(float[] from, int start, int count, ByteBuffer to) {
    throw new UnsupportedOperationException(this + " is not rounded to from float32");
  }

  /** Float32 values as they are once they have been elements of this type. */
  public float[] rounded(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * (bits / 8)).order(ByteOrder.LITTLE_ENDIAN);
    encode(values, 0, values.length, bytes);
    float[] rounded = new float[values.length];
    decode(bytes.flip(), rounded, 0, values.length);
    return rounded;
  }

  /** Binary32 to bfloat16: the upper half, rounded. */
  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /** Binary32 to binary16; beyond 65504, as rounded, infinite. */
  static short toHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (Math.abs(value) >= 65520f) {
      return (short) (sign | 0x7c00);
    }
    if (Math.abs(value) < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24));
    }
    int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
    return (short) (sign | ((rounded - ((127 - 15) << 23)) >>> 13));
  }

  /** IEEE 754 binary16 to binary32: s eeeee mmmmmmmmmm. */
  static float half(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    if (exponent == 0) {
      float magnitude = mantissa * 0x1p-24f;
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude));
    }
    int widened = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return Float.intBitsToFloat(sign | widened << 23 | mantissa << 13);
  }
}
