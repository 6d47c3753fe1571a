package dev.reslora.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class BoundedDecoderTest {

  private final BoundedDecoder decoder = new BoundedDecoder();

  @Test
  void readsWhatAvroWrites() throws IOException {
    long[] numbers = {0, -1, 63, 64, -65, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE};
    reset(
        out -> {
          for (long number : numbers) {
            out.writeLong(number);
          }
          out.writeBoolean(true);
          out.writeFloat(-1.5f);
          out.writeDouble(Math.PI);
          out.writeString("grün \uD83D\uDE80 \uFFFD");
          out.writeBytes(new byte[] {1, 2, 3});
          out.writeFixed(new byte[] {4, 5});
        });

    for (long number : numbers) {
      assertThat(decoder.readLong()).isEqualTo(number);
    }
    assertThat(decoder.readBoolean()).isTrue();
    assertThat(decoder.readFloat()).isEqualTo(-1.5f);
    assertThat(decoder.readDouble()).isEqualTo(Math.PI);
    assertThat(decoder.readString()).isEqualTo("grün \uD83D\uDE80 \uFFFD");
    assertThat(decoder.readBytes(null)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    byte[] fixed = new byte[2];
    decoder.readFixed(fixed, 0, 2);
    assertThat(fixed).containsExactly(4, 5);
    assertThat(decoder.remaining()).isZero();
  }

  @Test
  void refusesLengthsThatTheRecordCannotHold() throws IOException {
    for (long length : new long[] {-1, 4, Integer.MAX_VALUE, 1L << 40, Long.MIN_VALUE}) {
      refused(out -> out.writeLong(length), decoder::readString);
      refused(out -> out.writeLong(length), () -> decoder.readBytes(null));
      refused(out -> out.writeLong(length), decoder::skipBytes);
    }
  }

  @Test
  void refusesMoreItemsThanTheRecordHasBytes() throws IOException {
    for (long count : new long[] {12, -12, Integer.MAX_VALUE, 1L << 40, Long.MIN_VALUE}) {
      refused(
          out -> {
            out.writeLong(count);
            out.writeLong(0);
          },
          decoder::readArrayStart);
    }
  }

  @Test
  void countsTheItemsOfAllCollectionsTogether() throws IOException {
    reset(
        out -> {
          out.writeLong(2);
          out.writeLong(2);
        });

    assertThat(decoder.readMapStart()).isEqualTo(2);
    assertMalformed(decoder::mapNext);
  }

  @Test
  void refusesNumbersBeyondTheirType() throws IOException {
    refused(out -> out.writeLong(1L << 31), decoder::readInt);
    byte[] endless = new byte[20];
    Arrays.fill(endless, (byte) 0xFF);
    decoder.reset(endless, 0);
    assertMalformed(decoder::readLong);
    refused(out -> out.writeInt(1), decoder::readBoolean);
  }

  @Test
  void refusesTextThatIsNoUtf8() throws IOException {
    byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
    for (byte[] text : new byte[][] {{(byte) 0xFF}, {'a', (byte) 0xC3}, surrogate}) {
      refused(out -> out.writeBytes(text), decoder::readString);
    }
    decoder.reset(ascii("\u0002\u0080"), 0);
    assertMalformed(decoder::readString);
  }

  private void refused(Writing writing, ThrowingCallable reading) throws IOException {
    reset(writing);
    assertMalformed(reading);
  }

  private static void assertMalformed(ThrowingCallable reading) {
    assertThatThrownBy(reading).isInstanceOf(MalformedException.class);
  }

  private void reset(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(bytes, null);
    writing.to(out);
    decoder.reset(bytes.toByteArray(), 0);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private interface Writing {
    void to(BinaryEncoder out) throws IOException;
  }
}
