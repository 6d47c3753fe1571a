package dev.reslora.operator;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Where a record was read; every rejection names it.
 *
 * @param topic the topic
 * @param partition the partition
 * @param offset the offset
 * @param timestamp the Kafka record's own, milliseconds; -1 if it had none
 */
public record Origin(String topic, int partition, long offset, long timestamp) {

  static Origin of(ConsumerRecord<?, ?> record) {
    return new Origin(record.topic(), record.partition(), record.offset(), record.timestamp());
  }
}
