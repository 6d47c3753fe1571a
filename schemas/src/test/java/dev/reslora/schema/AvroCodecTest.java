package dev.reslora.schema;

import static dev.reslora.schema.Faults.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.schema.avro.TrainingExample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AvroCodecTest {

  private static final String CONTROL = "dev.reslora.schema.avro.AdapterControl";

  private InMemoryRegistry registry;
  private WireConfig confluent;
  private AvroDecoder<SpecificRecordBase> decoder;

  @BeforeEach
  void startRegistry() throws IOException {
    registry = InMemoryRegistry.start();
    confluent = new WireConfig(WireFormat.CONFLUENT, registry.config());
    decoder = training(confluent);
  }

  @AfterEach
  void stopRegistry() {
    registry.close();
  }

  @Test
  void singleObjectEncodingIsAvrosOwn() throws Exception {
    byte[] bytes = AvroEncoder.singleObject(TrainingExample.class).encode(Samples.example());

    assertThat(TrainingExample.fromByteBuffer(ByteBuffer.wrap(bytes))).isEqualTo(Samples.example());
  }

  @Test
  void readsBothFormatsAndBothTypesOfTheTrainingTopic() throws Exception {
    for (WireConfig wire : List.of(WireConfig.SINGLE_OBJECT, confluent)) {
      var examples =
          wire.encoder(TrainingExample.class, "training", SubjectNaming.TOPIC_AND_RECORD);
      var controls = wire.encoder(AdapterControl.class, "training", SubjectNaming.TOPIC_AND_RECORD);

      assertThat(decoder.decode(examples.encode(Samples.example()))).isEqualTo(Samples.example());
      assertThat(decoder.decode(controls.encode(Samples.control()))).isEqualTo(Samples.control());
    }
  }

  @Test
  void confluentHeaderIsZeroAndTheBigEndianId() throws Exception {
    registry.add("\"string\"");
    byte[] bytes =
        confluent
            .encoder(StepReport.class, "training-metrics", SubjectNaming.TOPIC)
            .encode(Samples.report());

    assertThat(bytes).startsWith(0, 0, 0, 0, 2);
    assertThat(registry.requests())
        .containsExactly("POST /subjects/training-metrics-value/versions");
  }

  @Test
  void twoTypesOfATopicHaveTwoSubjects() throws Exception {
    confluent.encoder(AdapterControl.class, "training", SubjectNaming.TOPIC_AND_RECORD);

    assertThat(registry.requests())
        .containsExactly("POST /subjects/training-" + CONTROL + "/versions");
  }

  @Test
  void asksTheRegistryOnceForASchema() throws Exception {
    byte[] bytes = written(oldControl(), old -> old.set("adapterId", "mail"));

    decoder.decode(bytes);
    decoder.decode(bytes);

    assertThat(registry.requests()).containsExactly("GET /schemas/ids/1");
  }

  @Test
  void ignoresAWritersFurtherFields() throws Exception {
    Schema further =
        control()
            .name("extra")
            .type()
            .array()
            .items(SchemaBuilder.builder().map().values().longType())
            .noDefault()
            .endRecord();
    List<Object> maps = List.of(Map.of("a", 1L, "b", 2L), Map.of());

    byte[] bytes = written(further, record -> record.set("extra", maps));

    assertThat(decoder.decode(bytes)).isInstanceOf(AdapterControl.class);
  }

  @Test
  void readsACommandOfANewerReleaseAsUnknown() throws Exception {
    Schema newer =
        controlHead()
            .name("command")
            .type()
            .enumeration("AdapterCommand")
            .symbols("PUBLISH", "FREEZE")
            .noDefault()
            .endRecord();

    byte[] bytes =
        written(
            newer,
            record ->
                record.set(
                    "command",
                    new GenericData.EnumSymbol(newer.getField("command").schema(), "FREEZE")));

    assertThat(((AdapterControl) decoder.decode(bytes)).getCommand())
        .isEqualTo(AdapterCommand.UNKNOWN);
  }

  @Test
  void refusesASchemaThatLacksAField() throws Exception {
    Schema lacking = SchemaBuilder.record(CONTROL).fields().requiredString("adapterId").endRecord();

    byte[] bytes = written(lacking, record -> {});

    assertThat(reasonOf(() -> decoder.decode(bytes)))
        .isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);
    assertThatThrownBy(() -> decoder.decode(bytes)).hasMessageContaining("missing required field");
  }

  @Test
  void refusesAnotherRecordType() throws Exception {
    byte[] bytes = AvroEncoder.singleObject(StepReport.class).encode(Samples.report());
    int id = registry.add(StepReport.getClassSchema().toString());

    assertThat(reasonOf(() -> decoder.decode(bytes))).isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    assertThat(reasonOf(() -> decoder.decode(confluent(id))))
        .isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);
  }

  @Test
  void refusesARecursiveSchemaHoweverDeepItsRecordsAre() {
    Schema node = Schema.createRecord("Node", null, "n", false);
    node.setFields(List.of(new Schema.Field("children", Schema.createArray(node))));
    Schema recursive = control().name("tree").type(node).noDefault().endRecord();
    int id = registry.add(recursive.toString());
    byte[] deep = new byte[1_000_000];
    Arrays.fill(deep, (byte) 2);
    System.arraycopy(confluent(id), 0, deep, 0, 5);

    assertThat(reasonOf(() -> decoder.decode(deep))).isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);
  }

  @Test
  void refusesWhatTheRegistryKnowsAsNoAvroSchema() {
    int id = registry.add("syntax = \"proto3\";");

    assertThat(reasonOf(() -> decoder.decode(confluent(id))))
        .isEqualTo(RejectionReason.INCOMPATIBLE_SCHEMA);
  }

  @Test
  void refusesUnknownIdsAndFingerprints() {
    byte[] fingerprint = {(byte) 0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0};

    assertThat(reasonOf(() -> decoder.decode(fingerprint)))
        .isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    assertThat(reasonOf(() -> decoder.decode(confluent(77))))
        .isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    assertThat(reasonOf(() -> training(WireConfig.SINGLE_OBJECT).decode(confluent(1))))
        .isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
  }

  @Test
  void refusesAnEmptyRecord() {
    assertThat(reasonOf(() -> decoder.decode(new byte[0]))).isEqualTo(RejectionReason.EMPTY_RECORD);
  }

  @Test
  void refusesBytesOfNeitherFormat() {
    for (byte[] bytes :
        List.of(
            "{\"text\":\"x\"}".getBytes(StandardCharsets.UTF_8),
            new byte[] {0, 0, 1},
            new byte[] {(byte) 0xC3})) {
      assertThat(reasonOf(() -> decoder.decode(bytes))).isEqualTo(RejectionReason.MALFORMED);
    }
  }

  @Test
  void refusesEveryTruncationAndATrailingByte() throws Exception {
    byte[] bytes = AvroEncoder.singleObject(TrainingExample.class).encode(Samples.example());

    for (int length = 1; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThat(reasonOf(() -> decoder.decode(cut))).isEqualTo(RejectionReason.MALFORMED);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThat(reasonOf(() -> decoder.decode(longer))).isEqualTo(RejectionReason.MALFORMED);
  }

  @Test
  void anOutageIsNoFaultOfTheRecord() throws Exception {
    byte[] bytes = written(oldControl(), record -> {});
    registry.fail(3, 503);

    assertThatThrownBy(() -> decoder.decode(bytes))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("503");
    assertThat(decoder.decode(bytes)).isInstanceOf(AdapterControl.class);
  }

  @Test
  void confluentFormatNeedsARegistry() {
    assertThatThrownBy(() -> new WireConfig(WireFormat.CONFLUENT, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("schema registry");
  }

  private static AvroDecoder<SpecificRecordBase> training(WireConfig wire) {
    return wire.decoder(List.of(TrainingExample.class, AdapterControl.class));
  }

  private static SchemaBuilder.FieldAssembler<Schema> controlHead() {
    return SchemaBuilder.record(CONTROL)
        .fields()
        .requiredString("adapterId")
        .requiredString("commandId")
        .requiredLong("eventTime");
  }

  private static SchemaBuilder.FieldAssembler<Schema> control() {
    return controlHead()
        .name("command")
        .type()
        .enumeration("AdapterCommand")
        .symbols("PUBLISH")
        .noDefault();
  }

  private static Schema oldControl() {
    return control().endRecord();
  }

  /** A command by another producer's schema, registered, in Confluent's format. */
  private byte[] written(Schema writer, Consumer<GenericRecordBuilder> fill) throws IOException {
    GenericRecordBuilder record = new GenericRecordBuilder(writer).set("adapterId", "mail");
    if (writer.getField("command") != null) {
      Schema commands = writer.getField("command").schema();
      record.set("commandId", "c-1").set("eventTime", 0L);
      record.set("command", new GenericData.EnumSymbol(commands, "PUBLISH"));
    }
    fill.accept(record);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(confluent(registry.add(writer.toString())));
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<>(writer).write(record.build(), encoder);
    return out.toByteArray();
  }

  private static byte[] confluent(int id) {
    return ByteBuffer.allocate(5).put((byte) 0).putInt(id).array();
  }
}
