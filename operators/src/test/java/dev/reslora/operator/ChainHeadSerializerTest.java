package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.reslora.snapshot.ChainHead;
import java.io.IOException;
import java.util.HexFormat;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class ChainHeadSerializerTest {

  /** Format 1 as it was first released; it must be read for ever. */
  private static final String RECORDED = "010000000000000007000461626364" + "00000003";

  private final ChainHead head = new ChainHead(7, "abcd", 3);

  @Test
  void readsTheRecordedBytesOfFormatOne() throws IOException {
    assertThat(read(HexFormat.of().parseHex(RECORDED))).isEqualTo(head);
  }

  @Test
  void writesFormatOne() throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(32);
    ChainHeadSerializer.INSTANCE.serialize(head, out);
    assertThat(HexFormat.of().formatHex(out.getCopyOfBuffer())).isEqualTo(RECORDED);
  }

  @Test
  void refusesAFormatOfALaterRelease() {
    byte[] later = HexFormat.of().parseHex(RECORDED);
    later[0] = 2;
    assertThatIOException()
        .isThrownBy(() -> read(later))
        .withMessage("state of the publish stage has format 2, this release reads 1");
  }

  private static ChainHead read(byte[] bytes) throws IOException {
    return ChainHeadSerializer.INSTANCE.deserialize(new DataInputDeserializer(bytes));
  }
}
