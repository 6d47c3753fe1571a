package dev.reslora.pipeline.live;

import dev.reslora.serving.AddedPartitions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads topics from their beginning on, on a thread of its own, and again from there when Kafka was
 * away. Joins no group and commits nothing.
 */
final class TopicFollower implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);
  private static final long PAUSE_MILLIS = 2_000;
  private static final long PATIENCE_MILLIS = 5_000;

  private final Map<String, Object> client;
  private final List<String> topics;
  private final Sink sink;
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /** Takes what is read, on the follower's thread. */
  interface Sink {
    void accept(ConsumerRecord<byte[], byte[]> record) throws IOException;

    /** Why there is nothing to accept for now; null once there is again. */
    void fault(@Nullable String fault);
  }

  private TopicFollower(
      Map<String, Object> client, String isolation, List<String> topics, Sink sink) {
    this.client = new HashMap<>(client);
    this.client.putIfAbsent(
        ConsumerConfig.METADATA_MAX_AGE_CONFIG, AddedPartitions.METADATA_AGE_MILLIS);
    this.client.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
    this.client.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    this.client.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    this.client.remove(ConsumerConfig.GROUP_ID_CONFIG);
    this.topics = topics;
    this.sink = sink;
    this.thread = new Thread(this::run, "live-" + topics.get(0));
    this.thread.setDaemon(true);
  }

  /**
   * Begins to follow.
   *
   * @param isolation read_committed or read_uncommitted
   */
  static TopicFollower start(
      Map<String, Object> client, String isolation, List<String> topics, Sink sink) {
    TopicFollower follower = new TopicFollower(client, isolation, topics, sink);
    follower.thread.start();
    return follower;
  }

  private void run() {
    Map<TopicPartition, Long> positions = new HashMap<>();
    while (!closed) {
      try {
        follow(positions);
      } catch (WakeupException | InterruptException e) {
        return;
      } catch (IOException | KafkaException e) {
        sink.fault(topics + ": " + e.getMessage());
        pause();
      }
    }
  }

  /** Reads until it is closed; while a topic is not there yet, only for a while. */
  private void follow(Map<TopicPartition, Long> positions) throws IOException {
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(client, bytes, bytes)) {
      consumer = opened;
      List<String> missing = assign(opened, positions);
      String fault = missing.isEmpty() ? null : "there is no topic yet: " + missing;
      if (opened.assignment().isEmpty()) {
        throw new IOException(fault);
      }
      sink.fault(fault);
      Set<String> there = new HashSet<>(topics);
      missing.forEach(there::remove);
      long begin = System.nanoTime();
      while (!closed && (fault == null || System.nanoTime() - begin < LOOK_AGAIN.toNanos())) {
        for (ConsumerRecord<byte[], byte[]> record : opened.poll(POLL)) {
          sink.accept(record);
          positions.put(
              new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
        }
        AddedPartitions.take(opened, there);
      }
    } finally {
      consumer = null;
    }
  }

  /** Begins where it was, or at the beginning; the topics that are not there. */
  private List<String> assign(
      KafkaConsumer<byte[], byte[]> opened, Map<TopicPartition, Long> positions) {
    List<String> missing = new ArrayList<>();
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics) {
      List<PartitionInfo> found = opened.partitionsFor(topic, LOOK);
      found.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      if (found.isEmpty()) {
        missing.add(topic);
      }
    }
    opened.assign(partitions);
    opened.seekToBeginning(partitions);
    positions.forEach(opened::seek);
    return missing;
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public void close() {
    closed = true;
    KafkaConsumer<byte[], byte[]> open = consumer;
    if (open != null) {
      open.wakeup();
    } else {
      thread.interrupt();
    }
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
