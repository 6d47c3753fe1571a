package dev.reslora.operator;

import dev.reslora.snapshot.ServingRecord;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Places the publish stage's records on the serving topic. All records of an adapter share its
 * partition, so that they stay in order; a chunk's own key would scatter them.
 */
public final class ServingRecordSchema implements KafkaRecordSerializationSchema<ServingRecord> {

  private final String topic;

  public ServingRecordSchema(String topic) {
    this.topic = topic;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      ServingRecord record, KafkaSinkContext context, @Nullable Long timestamp) {
    int[] partitions = context.getPartitionsForTopic(topic);
    int partition = partitions[record.partitionHash() % partitions.length];
    return new ProducerRecord<>(
        topic, partition, null, record.key(), record.value(), headers(record));
  }

  private static Headers headers(ServingRecord record) {
    return new RecordHeaders()
        .add("type", record.type().getBytes(StandardCharsets.UTF_8))
        .add("version", Long.toString(record.version()).getBytes(StandardCharsets.UTF_8));
  }
}
