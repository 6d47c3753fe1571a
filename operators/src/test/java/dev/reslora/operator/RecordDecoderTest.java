package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.InMemoryRegistry;
import dev.reslora.schema.RegistryUnavailableException;
import dev.reslora.schema.Samples;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordDecoderTest {

  private static final byte[] KEY = bytes("mail");
  private static final Origin ORIGIN = new Origin("training", 3, 41, 1_000);

  private final RecordDecoder decoder = decoder(WireConfig.SINGLE_OBJECT, RegistryOutage.FAIL);

  @Test
  void decodesExamplesWithTheirOriginAndOwnTime() throws Exception {
    DecodedRecord decoded = decoder.decode(record(KEY, encode(Samples.example())));

    assertThat(decoded.example()).isEqualTo(Samples.example());
    assertThat(decoded.origin()).isEqualTo(ORIGIN);
    assertThat(decoded.eventTime()).isEqualTo(Samples.example().getEventTime().toEpochMilli());
  }

  @Test
  void decodesCommands() throws Exception {
    DecodedRecord decoded = decoder.decode(record(KEY, encode(Samples.control())));

    assertThat(decoded.control()).isEqualTo(Samples.control());
    assertThat(decoded.eventTime()).isEqualTo(Samples.control().getEventTime().toEpochMilli());
  }

  @Test
  void takesRecordsWithoutAKey() throws Exception {
    assertThat(decoder.decode(record(null, encode(Samples.example()))).example()).isNotNull();
  }

  @Test
  void rejectsTombstonesAndEmptyValues() throws Exception {
    assertThat(rejected(KEY, null).getReason()).isEqualTo(RejectionReason.EMPTY_RECORD);
    assertThat(rejected(KEY, null).getValueSize()).isEqualTo(-1);
    assertThat(rejected(KEY, new byte[0]).getReason()).isEqualTo(RejectionReason.EMPTY_RECORD);
  }

  @Test
  void rejectsAKeyThatIsNotTheAdapter() throws Exception {
    RejectedRecord rejected = rejected(bytes("news"), encode(Samples.example()));

    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INVALID_FIELD);
    assertThat(rejected.getMessage())
        .isEqualTo("key: expected the adapterId \"mail\", found \"news\"");
  }

  @Test
  void wantsTheKeyOfTheAdapterForItsForks() throws Exception {
    AdapterControl control =
        new AdapterControl(
            "mail.fork-3", "c", Instant.EPOCH, AdapterCommand.DELETE, null, Map.of());

    assertThat(rejected(bytes("mail.fork-3"), encode(control)).getMessage())
        .isEqualTo("key: expected the adapterId \"mail\", found \"mail.fork-3\"");
    assertThat(decoder.decode(record(KEY, encode(control))).control()).isEqualTo(control);
  }

  @Test
  void rejectionSaysWhatWhereAndWhy() throws Exception {
    TrainingExample example = Samples.example();
    example.setWeight(Float.NaN);
    byte[] value = encode(example);

    RejectedRecord rejected = rejected(KEY, value);

    assertThat(rejected.getTopic()).isEqualTo("training");
    assertThat(rejected.getPartition()).isEqualTo(3);
    assertThat(rejected.getOffset()).isEqualTo(41);
    assertThat(rejected.getTimestamp()).isEqualTo(1_000);
    assertThat(rejected.getStage()).isEqualTo("decode");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INVALID_FIELD);
    assertThat(rejected.getMessage()).startsWith("weight: expected").endsWith("found NaN");
    assertThat(rejected.getAdapterId()).isEqualTo("mail");
    assertThat(rejected.getExampleId()).isEqualTo(example.getExampleId());
    assertThat(rejected.getKey()).isEqualTo(ByteBuffer.wrap(KEY));
    assertThat(rejected.getValue()).isEqualTo(ByteBuffer.wrap(value, 0, 64));
    assertThat(rejected.getValueSize()).isEqualTo(value.length);
  }

  /** The key stands in a dead letter twice, and a dead letter is one Kafka record. */
  @Test
  void rejectionKeepsTheHeadOfALongKey() throws Exception {
    RecordDecoder generous =
        new RecordDecoder(
            new DecodeConfig(WireConfig.SINGLE_OBJECT, 1 << 20, 400_000, RegistryOutage.FAIL));
    RejectedRecord rejected =
        Objects.requireNonNull(
            generous.decode(record(new byte[500_000], new byte[500_000])).rejection());

    assertThat(rejected.getKey().remaining()).isEqualTo(1_024);
    assertThat(rejected.getValue().remaining()).isEqualTo(400_000);
  }

  @Test
  void rejectionDoesNotMoveEventTime() throws Exception {
    assertThat(decoder.decode(record(KEY, bytes("{}"))).eventTime()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void rejectsAnOversizedRecordAndKeepsItsHead() throws Exception {
    RejectedRecord rejected = rejected(KEY, new byte[10 << 20]);

    assertThat(rejected.getReason()).isEqualTo(RejectionReason.RECORD_TOO_LARGE);
    assertThat(rejected.getMessage()).isEqualTo("expected at most 1048576 bytes, found 10485760");
    assertThat(rejected.getValue().remaining()).isEqualTo(64);
    assertThat(rejected.getValueSize()).isEqualTo(10 << 20);
  }

  @Test
  void rejectsACommandItDoesNotKnow() throws Exception {
    AdapterControl control = Samples.control();
    control.setCommand(AdapterCommand.UNKNOWN);

    RejectedRecord rejected = rejected(KEY, encode(control));

    assertThat(rejected.getReason()).isEqualTo(RejectionReason.UNKNOWN_COMMAND);
    assertThat(rejected.getExampleId()).isEqualTo("c-1");
  }

  @Test
  void anOutageFailsOrRejectsAsConfigured() throws Exception {
    try (InMemoryRegistry registry = InMemoryRegistry.start()) {
      WireConfig wire = new WireConfig(WireFormat.CONFLUENT, registry.config());
      byte[] value =
          wire.encoder(TrainingExample.class, "training", SubjectNaming.TOPIC_AND_RECORD)
              .encode(Samples.example());
      RecordDecoder failing = decoder(wire, RegistryOutage.FAIL);
      RecordDecoder rejecting = decoder(wire, RegistryOutage.REJECT);
      registry.fail(6, 503);

      assertThatThrownBy(() -> failing.decode(record(KEY, value)))
          .isInstanceOf(RegistryUnavailableException.class);
      assertThat(reason(rejecting.decode(record(KEY, value))))
          .contains(RejectionReason.REGISTRY_UNAVAILABLE);
      assertThat(failing.decode(record(KEY, value)).example()).isEqualTo(Samples.example());
      assertThat(rejecting.decode(record(KEY, value)).example()).isEqualTo(Samples.example());
    }
  }

  private RejectedRecord rejected(byte @Nullable [] key, byte @Nullable [] value) throws Exception {
    return Objects.requireNonNull(decoder.decode(record(key, value)).rejection());
  }

  private static Optional<RejectionReason> reason(DecodedRecord record) {
    return Optional.ofNullable(record.rejection()).map(RejectedRecord::getReason);
  }

  private static RecordDecoder decoder(WireConfig wire, RegistryOutage outage) {
    return new RecordDecoder(new DecodeConfig(wire, 1 << 20, 64, outage));
  }

  static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] key, byte @Nullable [] value) {
    return new ConsumerRecord<>(
        ORIGIN.topic(),
        ORIGIN.partition(),
        ORIGIN.offset(),
        ORIGIN.timestamp(),
        TimestampType.CREATE_TIME,
        -1,
        -1,
        key,
        value,
        new RecordHeaders(),
        Optional.empty());
  }

  private static byte[] encode(TrainingExample example) {
    return AvroEncoder.singleObject(TrainingExample.class).encode(example);
  }

  private static byte[] encode(AdapterControl control) {
    return AvroEncoder.singleObject(AdapterControl.class).encode(control);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
