package dev.reslora.serving;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Partitions that topics get while a consumer without a group reads all of them. */
public final class AddedPartitions {

  /** For a consumer's {@code metadata.max.age.ms}: how long they may go unnoticed. */
  public static final int METADATA_AGE_MILLIS = 30_000;

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private AddedPartitions() {}

  /**
   * Assigns what was added, from its beginning. Asks no broker about topics that are there: the
   * consumer renews its metadata by itself while it polls.
   */
  public static void take(KafkaConsumer<?, ?> consumer, Collection<String> topics) {
    Set<TopicPartition> all = new HashSet<>(consumer.assignment());
    Set<TopicPartition> added = new HashSet<>();
    try {
      for (String topic : topics) {
        consumer.partitionsFor(topic, PATIENCE).stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .filter(all::add)
            .forEach(added::add);
      }
    } catch (TimeoutException e) {
      return; // not connected yet
    }
    if (!added.isEmpty()) {
      consumer.assign(all);
      consumer.seekToBeginning(added);
    }
  }
}
