package dev.reslora.pipeline.local;

import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Follows the metrics topic from its beginning. Reads uncommitted: under exactly-once a step shows
 * when it is done and not with the next checkpoint, and what a recovery repeats is counted once
 * anyway.
 */
final class MetricsReader implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);

  private final BackgroundTask task;
  private volatile TrainingFigures figures = TrainingFigures.NONE;

  MetricsReader(String bootstrapServers, String topic, CurveWindows windows) {
    this.task =
        BackgroundTask.start(
            "metrics-reader", stop -> follow(bootstrapServers, topic, windows, stop));
  }

  TrainingFigures figures() {
    return figures;
  }

  BackgroundTask task() {
    return task;
  }

  private void follow(
      String bootstrapServers, String topic, CurveWindows windows, BackgroundTask.Stop stop)
      throws IOException {
    AvroDecoder<SpecificRecordBase> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(StepReport.class, AdapterEvent.class));
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_uncommitted"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      Collection<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (!stop.requested()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (decode(decoder, record) instanceof StepReport report) {
            windows.add(report);
          }
        }
        figures = TrainingFigures.of(windows);
      }
    }
  }

  private static SpecificRecordBase decode(
      AvroDecoder<SpecificRecordBase> decoder, ConsumerRecord<byte[], byte[]> record)
      throws IOException {
    try {
      return decoder.decode(record.value());
    } catch (RejectedException e) {
      throw new IOException(
          "%s-%d offset %d holds neither a step report nor an event: %s"
              .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    task.close();
  }
}
