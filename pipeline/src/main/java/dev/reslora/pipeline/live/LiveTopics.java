package dev.reslora.pipeline.live;

import dev.reslora.schema.WireConfig;
import java.util.Map;

/**
 * What the live page is made from: the topics that a job writes, and nothing of the job itself.
 *
 * @param client Kafka client properties: bootstrap.servers, and security.* or sasl.* where needed
 * @param wire where writers' schemas are found
 * @param metrics topic of step reports
 * @param snapshots serving topic
 * @param rejected dead-letter topic
 */
public record LiveTopics(
    Map<String, Object> client,
    WireConfig wire,
    String metrics,
    String snapshots,
    String rejected) {

  public LiveTopics {
    client = Map.copyOf(client);
  }
}
