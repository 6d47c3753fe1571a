package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.Samples;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.junit.jupiter.api.Test;

/** Edges and state of the decode and tokenize stages. */
class SerializersTest {

  private static final Origin ORIGIN = new Origin("training", 3, 41, -1);

  private static final TokenizedExample FULL =
      new TokenizedExample(
          "mail",
          "e-1",
          "t",
          3,
          41,
          -5,
          new int[] {101, 30_521, 102},
          new int[] {0, 0, 1},
          2,
          "exmh",
          0.5f);

  private static final TokenizedExample SOURCED =
      new TokenizedExample(
          "mail", "e-1", "t", 3, 41, -5, new int[] {101}, null, 2, "exmh", 0.5f, 0, "web", false);

  /** Layout version 1 of {@link #SOURCED}; never changes. */
  private static final String SOURCED_V1 =
      "0112"
          + "00046d61696c"
          + "0003652d31"
          + "000174"
          + "00000003"
          + "0000000000000029"
          + "fffffffffffffffb"
          + "0165"
          + "02"
          + "000465786d68"
          + "3f000000"
          + "0003776562";

  private static final TokenizedExample BARE =
      new TokenizedExample(
          "mail", "", "t", 0, 0, 0, new int[] {-1, Integer.MAX_VALUE}, null, 0, null, 1f);

  /** Layout version 1 of {@link #FULL}; never changes. */
  private static final String FULL_V1 =
      "0103"
          + "00046d61696c"
          + "0003652d31"
          + "000174"
          + "00000003"
          + "0000000000000029"
          + "fffffffffffffffb"
          + "0365b9ee0166"
          + "03000001"
          + "02"
          + "000465786d68"
          + "3f000000";

  /** Layout version 1 of {@link Samples#control} read at {@link #ORIGIN}; never changes. */
  private static final String CONTROL_V1 =
      "01"
          + "0008747261696e696e67"
          + "00000003"
          + "0000000000000029"
          + "ffffffffffffffff"
          + "0000001a"
          + "c30163dda9b1bca13d73"
          + "086d61696c"
          + "06632d31"
          + "98edb49ffa3b"
          + "02";

  /** The same as the second release of {@code AdapterControl} has it; never changes. */
  private static final String CONTROL_V2 =
      "01"
          + "0008747261696e696e67"
          + "00000003"
          + "0000000000000029"
          + "ffffffffffffffff"
          + "0000001b"
          + "c301ab721a59629b4d1e"
          + "086d61696c"
          + "06632d31"
          + "98edb49ffa3b"
          + "02"
          + "00";

  /** The same as the third release of {@code AdapterControl} has it; never changes. */
  private static final String CONTROL_V3 =
      "01"
          + "0008747261696e696e67"
          + "00000003"
          + "0000000000000029"
          + "ffffffffffffffff"
          + "0000001c"
          + "c301703a0353aa7ee77c"
          + "086d61696c"
          + "06632d31"
          + "98edb49ffa3b"
          + "02"
          + "00"
          + "00";

  /** The same as the fourth release of {@code AdapterControl} has it; never changes. */
  private static final String CONTROL_V4 =
      "01"
          + "0008747261696e696e67"
          + "00000003"
          + "0000000000000029"
          + "ffffffffffffffff"
          + "0000001c"
          + "c30100ac85d308fb0f1e"
          + "086d61696c"
          + "06632d31"
          + "98edb49ffa3b"
          + "02"
          + "00"
          + "00";

  private static final LateLabel LABEL = new LateLabel("mail", "e-1", "t", 3, 41, -5, "exmh", true);

  /** Layout version 1 of {@link #LABEL}; never changes. */
  private static final String LABEL_V1 =
      "01"
          + "00046d61696c"
          + "0003652d31"
          + "000174"
          + "00000003"
          + "0000000000000029"
          + "fffffffffffffffb"
          + "000465786d68"
          + "01";

  @Test
  void tokenizedExamplesComeBackEqual() throws IOException {
    for (TokenizedExample example : List.of(FULL, SOURCED, BARE)) {
      TokenizedExample back = roundTrip(TokenizedExampleSerializer.TYPE, example);

      assertThat(back).usingRecursiveComparison().isEqualTo(example);
    }
  }

  @Test
  void tokenizedExamplesOfLayoutOneStillRead() throws IOException {
    byte[] recorded = HexFormat.of().parseHex(FULL_V1);

    assertThat(write(serializer(TokenizedExampleSerializer.TYPE), FULL)).isEqualTo(recorded);
    assertThat(read(serializer(TokenizedExampleSerializer.TYPE), recorded))
        .usingRecursiveComparison()
        .isEqualTo(FULL);
  }

  @Test
  void decodedRecordsAndTrainingInputsOfLayoutOneStillRead() throws IOException {
    DecodedRecord control = DecodedRecord.of(ORIGIN, Samples.control());
    TrainingInput command = TrainingInput.of(ORIGIN, Samples.control());
    TrainingInput example = TrainingInput.of(FULL);

    assertRead(DecodedRecord.TYPE, control, CONTROL_V1);
    assertRead(TrainingInput.TYPE, command, "01" + CONTROL_V1);
    assertRead(DecodedRecord.TYPE, control, CONTROL_V2);
    assertRead(TrainingInput.TYPE, command, "01" + CONTROL_V2);
    assertRead(DecodedRecord.TYPE, control, CONTROL_V3);
    assertRead(TrainingInput.TYPE, command, "01" + CONTROL_V3);
    assertRecorded(DecodedRecord.TYPE, control, CONTROL_V4);
    assertRecorded(TrainingInput.TYPE, command, "01" + CONTROL_V4);
    assertRecorded(TrainingInput.TYPE, example, "00" + FULL_V1);
    assertRecorded(TokenizedExampleSerializer.TYPE, SOURCED, SOURCED_V1);
    assertRecorded(TrainingInput.TYPE, TrainingInput.of(LABEL), "02" + LABEL_V1);
  }

  /** What was recorded is what is written now, and reads. */
  private static <T> void assertRecorded(TypeInformation<T> type, T value, String recorded)
      throws IOException {
    assertThat(write(serializer(type), value)).isEqualTo(HexFormat.of().parseHex(recorded));
    assertRead(type, value, recorded);
  }

  private static <T> void assertRead(TypeInformation<T> type, T value, String recorded)
      throws IOException {
    assertThat(read(serializer(type), HexFormat.of().parseHex(recorded)))
        .usingRecursiveComparison()
        .isEqualTo(value);
  }

  @Test
  void refusesALayoutOfANewerRelease() throws IOException {
    byte[] newer = HexFormat.of().parseHex("02" + FULL_V1.substring(2));

    assertThatThrownBy(() -> read(serializer(TokenizedExampleSerializer.TYPE), newer))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected layout version 1, found 2");
    assertThatThrownBy(() -> read(serializer(DecodedRecord.TYPE), newer))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected layout version 1, found 2");
  }

  @Test
  void decodedRecordsComeBackEqual() throws IOException {
    for (SpecificRecordBase content :
        List.of(Samples.example(), Samples.control(), Samples.rejected())) {
      DecodedRecord record = DecodedRecord.of(ORIGIN, content);

      assertThat(roundTrip(DecodedRecord.TYPE, record)).isEqualTo(record);
    }
  }

  @Test
  void sideOutputRecordsComeBackEqual() throws IOException {
    assertThat(roundTrip(new AvroTypeInfo<>(RejectedRecord.class), Samples.rejected()))
        .isEqualTo(Samples.rejected());
    assertThat(roundTrip(new AvroTypeInfo<>(StepReport.class), Samples.report()))
        .isEqualTo(Samples.report());
  }

  @Test
  void flinkFindsTheTypeOfADecodedRecord() {
    assertThat(TypeInformation.of(DecodedRecord.class)).isSameAs(DecodedRecord.TYPE);
  }

  @Test
  void snapshotsRestoreTheirSerializer() throws IOException {
    for (TypeInformation<?> type : List.of(DecodedRecord.TYPE, TokenizedExampleSerializer.TYPE)) {
      TypeSerializer<?> serializer = serializer(type);

      assertThat(restored(serializer)).isEqualTo(serializer);
    }
  }

  private static TypeSerializer<?> restored(TypeSerializer<?> serializer) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(out, serializer.snapshotConfiguration());
    return TypeSerializerSnapshot.readVersionedSnapshot(
            new DataInputDeserializer(out.getCopyOfBuffer()),
            SerializersTest.class.getClassLoader())
        .restoreSerializer();
  }

  /** With generic types switched off, as in the job. */
  private static <T> TypeSerializer<T> serializer(TypeInformation<T> type) {
    SerializerConfigImpl config = new SerializerConfigImpl();
    config.setGenericTypes(false);
    return type.createSerializer(config);
  }

  private static <T> T roundTrip(TypeInformation<T> type, T value) throws IOException {
    TypeSerializer<T> serializer = serializer(type);
    DataOutputSerializer copy = new DataOutputSerializer(64);
    serializer.copy(new DataInputDeserializer(write(serializer, value)), copy);
    return read(serializer.duplicate(), copy.getCopyOfBuffer());
  }

  private static <T> byte[] write(TypeSerializer<T> serializer, T value) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    serializer.serialize(value, out);
    return out.getCopyOfBuffer();
  }

  private static <T> T read(TypeSerializer<T> serializer, byte[] bytes) throws IOException {
    DataInputDeserializer in = new DataInputDeserializer(bytes);
    T value = serializer.deserialize(in);
    assertThat(in.available()).isZero();
    return value;
  }
}
