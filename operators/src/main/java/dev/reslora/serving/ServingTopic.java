package dev.reslora.serving;

import dev.reslora.schema.WireConfig;
import dev.reslora.snapshot.PayloadSource;
import dev.reslora.snapshot.SnapshotAssembler;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * Where versions are read from.
 *
 * @param name the topic
 * @param client Kafka client properties: bootstrap.servers, and security.* or sasl.* where needed
 * @param wire where writers' schemas are found
 * @param maxBytes largest version taken
 * @param store where payloads are read that are not on the topic
 */
public record ServingTopic(
    String name, Map<String, Object> client, WireConfig wire, long maxBytes, PayloadSource store) {

  /** A topic whose payloads outside of it, if any, are local files. */
  public ServingTopic(String name, Map<String, Object> client, WireConfig wire, long maxBytes) {
    this(name, client, wire, maxBytes, PayloadSource.LOCAL);
  }

  public ServingTopic {
    client = Map.copyOf(client);
    if (!client.containsKey(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG)) {
      throw new IllegalArgumentException("bootstrap.servers: expected host:port, found none");
    }
  }

  /** A topic without security, registry or versions over the default limit. */
  public static ServingTopic of(String bootstrapServers, String name) {
    return new ServingTopic(
        name,
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
        WireConfig.SINGLE_OBJECT,
        SnapshotAssembler.DEFAULT_MAX_BYTES);
  }

  String bootstrapServers() {
    return String.valueOf(client.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
  }
}
