package dev.reslora.pipeline.local;

import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * A topic as it should be.
 *
 * @param name its name
 * @param partitions partitions when it has to be created
 * @param config topic settings when it has to be created, as {@code cleanup.policy}
 */
public record TopicPlan(String name, int partitions, Map<String, String> config) {

  public TopicPlan(String name, int partitions) {
    this(name, partitions, Map.of());
  }

  /** Keeps the newest record of every key: what the serving topic needs. */
  public TopicPlan compacted() {
    return new TopicPlan(name, partitions, Map.of("cleanup.policy", "compact"));
  }

  NewTopic toNewTopic() {
    // The cluster's own default replication: -1.
    return new NewTopic(name, partitions, (short) -1).configs(config);
  }
}
