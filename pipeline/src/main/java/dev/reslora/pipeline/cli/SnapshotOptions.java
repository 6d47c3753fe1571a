package dev.reslora.pipeline.cli;

import dev.reslora.operator.SnapshotStore;
import dev.reslora.serving.ServingTopic;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every snapshots command is told of the topic it reads. */
final class SnapshotOptions {

  @Option(
      names = "--topic",
      defaultValue = "model-snapshots",
      description = "Serving topic (default: ${DEFAULT-VALUE}).")
  String topic;

  @Option(names = "--adapter", paramLabel = "ID", description = "This adapter only.")
  @Nullable String adapter;

  @Option(names = "--json", description = "Print JSON, for programs.")
  boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "Longest time to read the topic to its end (default: ${DEFAULT-VALUE}).")
  int timeoutSeconds;

  @Option(
      names = "--max-size",
      paramLabel = "MIB",
      defaultValue = "256",
      description = "Largest version taken, MiB (default: ${DEFAULT-VALUE}).")
  int maxMebibytes;

  ServingTopic servingTopic(KafkaClientOptions kafka, WireOptions wire) {
    Map<String, Object> client = new HashMap<>(kafka.properties());
    client.put("bootstrap.servers", kafka.bootstrapServers());
    return new ServingTopic(topic, client, wire.config(), maxBytes(), SnapshotStore.reader());
  }

  long maxBytes() {
    return (long) maxMebibytes << 20;
  }

  Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  boolean wants(String adapterId) {
    return adapter == null || adapter.equals(adapterId);
  }
}
