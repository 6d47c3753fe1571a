package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.reslora.snapshot.ChainHead;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class ChainHeadSerializerTest {

  /** As they were released; they must be read for ever. */
  private static final String FORMAT_1 = "010000000000000007000461626364" + "00000003";

  private static final String FORMAT_2 =
      "020000000000000007000461626364"
          + "00000002"
          + "0000000000000006"
          + "00000000"
          + "000366"
          + "3a2f"
          + "0000000000000007"
          + "00000003"
          + "0000";

  /** With nothing listed. */
  private static final String FORMAT_2_ALL = "020000000000000007000461626364" + "00000000";

  private static final String RECORDED =
      "03" + FORMAT_2.substring(2) + "0000000000000001" + "0000000000000006" + "00000002";

  private final ChainHead head =
      new ChainHead(
          7,
          "abcd",
          List.of(new ChainHead.Kept(6, 0, "f:/"), new ChainHead.Kept(7, 3, "")),
          new ChainHead.Unlisted(1, 6, 2));

  @Test
  void readsTheRecordedBytesOfEveryFormat() throws IOException {
    assertThat(read(HexFormat.of().parseHex(RECORDED))).isEqualTo(head);
    assertThat(read(HexFormat.of().parseHex(FORMAT_2)))
        .isEqualTo(new ChainHead(7, "abcd", head.kept()));
    assertThat(read(HexFormat.of().parseHex(FORMAT_2_ALL)))
        .isEqualTo(new ChainHead(7, "abcd", List.of(), new ChainHead.Unlisted(1, 8, 1)));
    assertThat(read(HexFormat.of().parseHex(FORMAT_1)))
        .isEqualTo(new ChainHead(7, "abcd", List.of(new ChainHead.Kept(7, 3, ""))));
  }

  @Test
  void writesTheNewestFormat() throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(32);
    ChainHeadSerializer.INSTANCE.serialize(head, out);
    assertThat(HexFormat.of().formatHex(out.getCopyOfBuffer())).isEqualTo(RECORDED);
  }

  @Test
  void refusesAFormatOfALaterRelease() {
    byte[] later = HexFormat.of().parseHex(RECORDED);
    later[0] = 4;
    assertThatIOException()
        .isThrownBy(() -> read(later))
        .withMessage("state of the publish stage has format 4, this release reads up to 3");
  }

  private static ChainHead read(byte[] bytes) throws IOException {
    return ChainHeadSerializer.INSTANCE.deserialize(new DataInputDeserializer(bytes));
  }
}
