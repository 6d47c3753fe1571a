package dev.reslora.pipeline.local;

import dev.reslora.schema.ForkId;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.TrainingExample;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends examples and commands to the training topic, keyed by adapter id: one adapter's records are
 * one ordered partition, which the job's guarantees rest on. Idempotent, so that a retry neither
 * repeats nor reorders.
 */
public final class ExampleProducer implements AutoCloseable {

  private final String topic;
  private final RecordEncoders encoders;
  private final Producer<String, byte[]> producer;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  /**
   * Connects.
   *
   * @param client client properties (SASL, TLS) besides what a producer of this topic must have
   */
  public ExampleProducer(
      String bootstrapServers, Map<String, String> client, String topic, RecordEncoders encoders) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    properties.setProperty("acks", "all");
    properties.setProperty("enable.idempotence", "true");
    properties.putIfAbsent("linger.ms", "20");
    this.topic = topic;
    this.encoders = encoders;
    this.producer =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
  }

  /** Hands the example over; it is on the topic once {@link #flush} has returned. */
  public void send(TrainingExample example) {
    send(example.getAdapterId(), encoders.examples().apply(example));
  }

  /**
   * Hands the command over; its place is after all that was sent to this adapter before, or to the
   * one whose fork is commanded.
   */
  public void send(AdapterControl command) {
    send(ForkId.keyOf(command.getAdapterId()), encoders.controls().apply(command));
  }

  private void send(String adapterId, byte[] value) {
    throwFailure();
    try {
      var sent = producer.send(new ProducerRecord<>(topic, adapterId, value), this::acknowledged);
      assert sent != null; // its outcome comes to acknowledged
    } catch (InterruptException e) {
      throw e; // the thread's end, not the broker's
    } catch (RuntimeException e) {
      throw unavailable(e);
    }
  }

  private void acknowledged(@Nullable RecordMetadata metadata, @Nullable Exception e) {
    if (e != null) {
      failure.compareAndSet(null, e);
    }
  }

  /** Returns when everything sent is on the topic. */
  public void flush() {
    producer.flush();
    throwFailure();
  }

  private void throwFailure() {
    Exception e = failure.get();
    if (e != null) {
      throw unavailable(e);
    }
  }

  private BrokerUnavailableException unavailable(Exception e) {
    return new BrokerUnavailableException(
        "sending to topic '%s' failed: %s".formatted(topic, e.getMessage()), e);
  }

  @Override
  public void close() {
    producer.close();
  }
}
