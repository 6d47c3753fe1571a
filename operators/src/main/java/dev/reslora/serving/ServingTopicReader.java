package dev.reslora.serving;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * All partitions of the serving topic from a place on, committed records only; those that are added
 * meanwhile from their beginning. Commits nothing and joins no group: the topic is compacted, and a
 * reader that starts anew reads it again. Used by one thread, but for {@link #wakeup}.
 */
public final class ServingTopicReader implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final String topic;
  private final Map<TopicPartition, Long> ends;
  private final KafkaConsumer<byte[], byte[]> consumer;

  private ServingTopicReader(
      String topic, Map<TopicPartition, Long> ends, KafkaConsumer<byte[], byte[]> consumer) {
    this.topic = topic;
    this.ends = ends;
    this.consumer = consumer;
  }

  /**
   * Opens the topic at its beginning.
   *
   * @throws ServingTopicException when it is not there, not reachable or not allowed
   */
  public static ServingTopicReader open(ServingTopic topic) throws ServingTopicException {
    return open(topic, Map.of());
  }

  /** Opens the topic at these offsets, and at the beginning of partitions that are not named. */
  static ServingTopicReader open(ServingTopic topic, Map<TopicPartition, Long> offsets)
      throws ServingTopicException {
    Map<TopicPartition, Long> ends = TopicLookup.ends(topic);
    try {
      KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties(topic));
      consumer.assign(ends.keySet());
      consumer.seekToBeginning(ends.keySet());
      offsets.forEach(consumer::seek);
      return new ServingTopicReader(topic.name(), ends, consumer);
    } catch (KafkaException e) {
      throw new ServingTopicException("the Kafka client refuses its properties", e);
    }
  }

  private static Map<String, Object> properties(ServingTopic topic) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 8 << 20);
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, AddedPartitions.METADATA_AGE_MILLIS);
    properties.putAll(topic.client());
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // Where the place to go on from is gone, the topic's beginning is the nearest whole thing.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(
        ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    properties.put(
        ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    return properties;
  }

  /** The next records, each partition's in order; none when there are none within the time. */
  public Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration time) {
    ConsumerRecords<byte[], byte[]> records = consumer.poll(time);
    AddedPartitions.take(consumer, List.of(topic));
    return records;
  }

  /** Whether all has been polled that was there when this was opened. */
  public boolean caughtUp() {
    try {
      for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
        if (consumer.position(end.getKey(), PATIENCE) < end.getValue()) {
          return false;
        }
      }
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** From any thread: ends a poll under way, or the next, with a WakeupException. */
  void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
