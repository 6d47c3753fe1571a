package dev.reslora.pipeline.cli;

import dev.reslora.operator.SnapshotStore;
import dev.reslora.serving.ServingTopic;
import picocli.CommandLine.Option;

/** What every command is told of the serving topic that it reads. */
class ServingTopicOptions {

  @Option(
      names = "--topic",
      defaultValue = "model-snapshots",
      description = "Serving topic (default: ${DEFAULT-VALUE}).")
  String topic;

  @Option(
      names = "--max-size",
      paramLabel = "MIB",
      defaultValue = "256",
      description = "Largest version taken, MiB (default: ${DEFAULT-VALUE}).")
  int maxMebibytes;

  final ServingTopic servingTopic(KafkaClientOptions kafka, WireOptions wire) {
    return new ServingTopic(
        topic, kafka.client(), wire.config(), maxBytes(), SnapshotStore.reader());
  }

  final long maxBytes() {
    return (long) maxMebibytes << 20;
  }
}
