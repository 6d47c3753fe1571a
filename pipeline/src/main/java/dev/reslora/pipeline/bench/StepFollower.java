package dev.reslora.pipeline.bench;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Follows a metrics topic. Uncommitted records too: a step shows when it is done, not with the next
 * checkpoint, and shows again when recovery repeats it. Used by one thread.
 */
final class StepFollower implements AutoCloseable {

  private final AvroDecoder<SpecificRecordBase> decoder =
      WireConfig.SINGLE_OBJECT.decoder(List.of(StepReport.class, AdapterEvent.class));
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;

  StepFollower(String bootstrapServers, String topic) {
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_uncommitted"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Steps that were reported since the last call; waits at most this long for the first. */
  List<StepReport> poll(Duration patience) throws IOException {
    List<StepReport> reports = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
      try {
        if (decoder.decode(record.value()) instanceof StepReport report) {
          reports.add(report);
        }
      } catch (RejectedException e) {
        throw new IOException(
            "%s-%d@%d holds neither a step report nor an event: %s"
                .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()),
            e);
      }
    }
    return reports;
  }

  /** All that is there by now: what comes later was reported later. */
  List<StepReport> drain() throws IOException {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    List<StepReport> reports = new ArrayList<>();
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      reports.addAll(poll(Duration.ofMillis(50)));
    }
    return reports;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
