package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.schema.avro.TrainingExample;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(BrokerExtension.class)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FeederITCase {

  @Test
  void keepsTheLastExamplesBackAndAsksForASnapshotAtTheEnd(LocalBroker broker) throws Exception {
    String topic = BrokerExtension.topic("fed");
    broker.createTopics(List.of(new TopicPlan(topic, 2)));
    RecordEncoders encoders =
        new RecordEncoders(
            AvroEncoder.singleObject(TrainingExample.class)::encode,
            AvroEncoder.singleObject(AdapterControl.class)::encode);
    try (ExampleProducer producer =
            new ExampleProducer(broker.bootstrapServers(), Map.of(), topic, encoders);
        Feeder feeder = new Feeder(stream(20), producer, () -> 0, Long.MAX_VALUE)) {
      while (!feeder.task().isDone()) {
        Thread.onSpinWait();
      }
      assertThat(feeder.task().failure()).isEmpty();
      assertThat(feeder.sent()).isEqualTo(14);
      assertThat(feeder.total()).hasValue(14);
      assertThat(feeder.keptBack())
          .extracting(LabeledExample::exampleId)
          .startsWith("14")
          .hasSize(6);
    }
    List<ConsumerRecord<String, byte[]>> records =
        TopicReader.readAll(broker.bootstrapServers(), topic);
    assertThat(records).hasSize(15);
    AdapterControl last =
        AdapterControl.getDecoder().decode(ByteBuffer.wrap(records.get(14).value()));
    assertThat(last.getCommandId()).isEqualTo(Feeder.LAST_COMMAND);
  }

  @Test
  void countsTheStepsOfTheMetricsTopic(LocalBroker broker) throws Exception {
    String topic = BrokerExtension.topic("metrics");
    broker.createTopics(List.of(new TopicPlan(topic, 1)));
    AvroEncoder<StepReport> encoder = AvroEncoder.singleObject(StepReport.class);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int step = 1; step <= 4; step++) {
        byte[] value = encoder.encode(StepReports.step(step, 10, 5.0, 4.0));
        producer.send(new ProducerRecord<>(topic, value)).get();
      }
    }
    try (MetricsReader reader =
        new MetricsReader(
            broker.bootstrapServers(), topic, new CurveWindows(Measure.ACCURACY, 20))) {
      while (reader.figures().examples() < 40) {
        assertThat(reader.task().failure()).isEmpty();
        Thread.onSpinWait();
      }
      assertThat(reader.figures().points()).hasSize(2);
    }
  }

  private static LabeledStream stream(int size) {
    return new ListedStream(
        "made up",
        IntStream.range(0, size)
            .mapToObj(i -> new LabeledExample("mine", "" + i, Instant.EPOCH, "text " + i, "x"))
            .toList());
  }
}
