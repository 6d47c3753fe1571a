package dev.reslora.operator;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.ForkId;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.RegistryUnavailableException;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The decode stage: one Kafka record of the training topic in, one {@link DecodedRecord} out.
 * Thread-confined.
 */
final class RecordDecoder {

  private final AvroDecoder<SpecificRecordBase> decoder;
  private final RejectedRecords rejected;
  private final int recordBytes;
  private final RegistryOutage outage;

  RecordDecoder(DecodeConfig config) {
    this.decoder = config.wire().decoder(List.of(TrainingExample.class, AdapterControl.class));
    this.rejected = new RejectedRecords(config.deadLetterBytes());
    this.recordBytes = config.recordBytes();
    this.outage = config.outage();
  }

  /**
   * Never throws for a fault of the record.
   *
   * @throws RegistryUnavailableException when a schema cannot be fetched and that shall fail the
   *     job
   */
  DecodedRecord decode(ConsumerRecord<byte[], byte[]> record) throws IOException {
    SpecificRecordBase content = null;
    try {
      content = read(record.value());
      check(record.key(), content);
      return DecodedRecord.of(Origin.of(record), content);
    } catch (RejectedException fault) {
      return DecodedRecord.of(Origin.of(record), rejected.decode(record, content, fault));
    }
  }

  private SpecificRecordBase read(byte @Nullable [] value) throws RejectedException, IOException {
    if (value == null) {
      throw new RejectedException(RejectionReason.EMPTY_RECORD, "expected a value, found null");
    }
    if (value.length > recordBytes) {
      throw new RejectedException(
          RejectionReason.RECORD_TOO_LARGE,
          "expected at most " + recordBytes + " bytes, found " + value.length);
    }
    try {
      return decoder.decode(value);
    } catch (RegistryUnavailableException e) {
      throw outage.asFault(e);
    }
  }

  private static void check(byte @Nullable [] key, SpecificRecordBase content)
      throws RejectedException {
    if (content instanceof TrainingExample example) {
      RecordRules.check(example);
      checkKey(key, example.getAdapterId());
    } else if (content instanceof AdapterControl control) {
      RecordRules.check(control);
      checkKey(key, control.getAdapterId());
    }
  }

  /**
   * The key decides the partition, and with it the order that an adapter learns in; commands to its
   * forks are in that order too.
   */
  private static void checkKey(byte @Nullable [] key, String id) throws RejectedException {
    String adapterId = ForkId.keyOf(id);
    if (key != null && !Arrays.equals(key, adapterId.getBytes(StandardCharsets.UTF_8))) {
      String found = new String(key, 0, Math.min(key.length, 255), StandardCharsets.UTF_8);
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "key: expected the adapterId \"" + adapterId + "\", found \"" + found + '"');
    }
  }
}
