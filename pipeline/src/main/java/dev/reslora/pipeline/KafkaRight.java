package dev.reslora.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Something that the job's principal has to be allowed to do on Kafka. Read and Write include
 * Describe.
 *
 * @param resource a topic, a group, or transactional ids by their prefix
 * @param operation what is done with it
 */
record KafkaRight(ResourcePattern resource, AclOperation operation) {

  /** What a job with this configuration needs: all of it, and no more. */
  static List<KafkaRight> of(JobConfig config) {
    JobConfig.Topics topics = config.kafka().topics();
    List<KafkaRight> rights = new ArrayList<>();
    rights.add(on(ResourceType.TOPIC, topics.examples(), AclOperation.READ));
    rights.add(on(ResourceType.GROUP, config.kafka().groupId(), AclOperation.READ));
    for (String output : List.of(topics.snapshots(), topics.metrics(), topics.rejected())) {
      rights.add(on(ResourceType.TOPIC, output, AclOperation.WRITE));
    }
    if (config.delivery().mode() == Delivery.EXACTLY_ONCE) {
      rights.add(
          new KafkaRight(
              new ResourcePattern(
                  ResourceType.TRANSACTIONAL_ID, config.name() + "-", PatternType.PREFIXED),
              AclOperation.WRITE));
    }
    return rights;
  }

  private static KafkaRight on(ResourceType type, String name, AclOperation operation) {
    return new KafkaRight(new ResourcePattern(type, name, PatternType.LITERAL), operation);
  }

  /** As {@code Write on topic model-snapshots}. */
  @Override
  public String toString() {
    String type = resource.resourceType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String name = resource.name();
    return "%s on %s"
        .formatted(
            operation.name().charAt(0) + operation.name().substring(1).toLowerCase(Locale.ROOT),
            resource.patternType() == PatternType.PREFIXED
                ? type + "s with prefix " + name
                : type + " " + name);
  }
}
