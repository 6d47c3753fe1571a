package dev.reslora.serving;

import dev.reslora.schema.RootCause;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers, once, where the serving topic ends, or why it cannot be read. */
final class TopicLookup {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private TopicLookup() {}

  /**
   * High watermark of every partition. The end that a read_committed consumer is told would stop
   * before a dead writer's open transaction, and hide what others committed after it.
   */
  static Map<TopicPartition, Long> ends(ServingTopic topic) throws ServingTopicException {
    Map<String, Object> properties = new HashMap<>(topic.client());
    int patience = Math.toIntExact(PATIENCE.toMillis());
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patience);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, patience);
    try (Admin admin = Admin.create(properties)) {
      return ends(admin, topic.name());
    } catch (ExecutionException e) {
      throw explain(topic, e.getCause() == null ? e : e.getCause());
    } catch (KafkaException e) {
      throw explain(topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServingTopicException("interrupted while looking up " + topic.name(), e);
    }
  }

  private static Map<TopicPartition, Long> ends(Admin admin, String name)
      throws ExecutionException, InterruptedException {
    Map<String, TopicDescription> found = admin.describeTopics(List.of(name)).allTopicNames().get();
    Map<TopicPartition, OffsetSpec> latest =
        found.values().stream()
            .flatMap(topic -> topic.partitions().stream())
            .map(partition -> new TopicPartition(name, partition.partition()))
            .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    Map<TopicPartition, ListOffsetsResultInfo> offsets =
        admin
            .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
            .all()
            .get();
    offsets.forEach((partition, end) -> ends.put(partition, end.offset()));
    return ends;
  }

  private static ServingTopicException explain(ServingTopic topic, Throwable fault) {
    String where = topic.bootstrapServers();
    if (fault instanceof UnknownTopicOrPartitionException) {
      return new ServingTopicException(
          "topic " + topic.name() + " does not exist at " + where, fault);
    }
    if (fault instanceof TimeoutException) {
      return new ServingTopicException(
          "no Kafka broker answered at " + where + " within " + PATIENCE.toSeconds() + " s", fault);
    }
    return new ServingTopicException(
        "topic " + topic.name() + " at " + where + " cannot be read: " + RootCause.message(fault),
        fault);
  }
}
