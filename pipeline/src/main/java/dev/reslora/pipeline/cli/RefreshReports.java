package dev.reslora.pipeline.cli;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import dev.reslora.serving.refresh.RefreshListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where an agent's reports go: a line each for a person, and a record each on a topic, keyed by
 * adapter. A report that cannot be sent is logged; the servers are as they are.
 */
final class RefreshReports implements RefreshListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RefreshReports.class);

  // The agent works on while Kafka does not answer.
  private static final int PATIENCE_MS = 3_000;

  private final String topic;
  private final AvroEncoder<RefreshReport> encoder;
  private final Producer<byte[], byte[]> producer;
  private final PrintWriter lines;

  RefreshReports(String topic, Map<String, Object> client, WireConfig wire, PrintWriter lines)
      throws IOException {
    this.topic = topic;
    this.encoder = wire.encoder(RefreshReport.class, topic, SubjectNaming.TOPIC);
    this.lines = lines;
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MS);
    ByteArraySerializer bytes = new ByteArraySerializer();
    this.producer = new KafkaProducer<>(properties, bytes, bytes);
  }

  @Override
  public void reported(RefreshReport report) {
    lines.println(line(report));
    lines.flush();
    byte[] key = report.getAdapterId().getBytes(StandardCharsets.UTF_8);
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(topic, key, encoder.encode(report)),
              (sent, e) -> {
                if (e != null) {
                  LOG.warn("A report is not on {}: {}", topic, e.toString());
                }
              });
    } catch (KafkaException e) {
      LOG.warn("A report is not on {}: {}", topic, e.toString());
    }
  }

  private static String line(RefreshReport report) {
    boolean served = report.getOutcome() == RefreshOutcome.SERVED;
    return "%s %s: version %,d%s, attempt %d: %s"
        .formatted(
            report.getEventTime(),
            report.getAdapterId(),
            report.getVersion(),
            served ? " is " + report.getServedAs() : " " + outcome(report),
            report.getAttempt(),
            report.getMessage());
  }

  private static String outcome(RefreshReport report) {
    return report.getOutcome() == RefreshOutcome.FAILED
        ? "failed" + (report.getServedAs().isEmpty() ? "" : ", " + report.getServedAs() + " stays")
        : "is withdrawn";
  }

  /** Sends what waits. */
  @Override
  public void close() {
    producer.close();
  }
}
