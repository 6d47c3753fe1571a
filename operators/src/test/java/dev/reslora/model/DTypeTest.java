package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DTypeTest {

  @Test
  void everyHalfSurvivesItsRoundTrip() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = DType.half((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(DType.toHalf(value)).isEqualTo((short) bits);
      }
    }
    assertThat(DType.half(DType.toHalf(Float.NaN))).isNaN();
    assertThat(DType.half(DType.toHalf(65519f))).isEqualTo(65504f);
    assertThat(DType.half(DType.toHalf(-65520f))).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void halvesAndBfloatsAreTheNearestTiesToEven() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      float value = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(30) - 20));
      nearest(value, DType.toHalf(value), DType::half);
      nearest(value, DType.toBfloat16(value), bits -> Float.intBitsToFloat(bits << 16));
    }
    assertThat(DType.toHalf(1 + 0x1p-11f)).isEqualTo((short) 0x3c00);
    assertThat(DType.toHalf(1 + 3 * 0x1p-11f)).isEqualTo((short) 0x3c02);
    assertThat(DType.toHalf(0x1p-25f)).isEqualTo((short) 0);
    assertThat(DType.toHalf(3 * 0x1p-25f)).isEqualTo((short) 2);
    assertThat(DType.toBfloat16(1 + 0x1p-8f)).isEqualTo((short) 0x3f80);
    assertThat(DType.toBfloat16(1 + 3 * 0x1p-8f)).isEqualTo((short) 0x3f82);
    assertThat(Float.isNaN(Float.intBitsToFloat(DType.toBfloat16(Float.NaN) << 16))).isTrue();
  }

  private interface Decoder {
    float decode(short bits);
  }

  /** No neighbour of the same sign is nearer. */
  private static void nearest(float value, short bits, Decoder decoder) {
    double error = Math.abs((double) decoder.decode(bits) - value);
    for (int step : new int[] {-1, 1}) {
      short neighbour = (short) (bits + step);
      if ((neighbour ^ bits) >= 0) {
        assertThat(Math.abs((double) decoder.decode(neighbour) - value))
            .as("%s", value)
            .isGreaterThanOrEqualTo(error);
      }
    }
  }
}
