package dev.reslora.operator;

import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.serialization.DeserializationSchema.InitializationContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** {@link RecordDecoder} inside the Kafka source: every record read gives one record. */
public final class DecodedRecordSchema implements KafkaRecordDeserializationSchema<DecodedRecord> {

  private static final long serialVersionUID = 1L;

  private final DecodeConfig config;
  private transient @Nullable RecordDecoder decoder;

  public DecodedRecordSchema(DecodeConfig config) {
    this.config = config;
  }

  @Override
  public void open(InitializationContext context) {
    decoder = new RecordDecoder(config);
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<DecodedRecord> out)
      throws IOException {
    out.collect(Objects.requireNonNull(decoder, "opened first").decode(record));
  }

  @Override
  public TypeInformation<DecodedRecord> getProducedType() {
    return DecodedRecord.TYPE;
  }
}
