package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.pipeline.local.TopicPlan;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** What a command does about topics that the job needs and Kafka has not. */
final class TopicOptions {

  @Option(names = "--create-topics", description = "Create the topics that are missing.")
  boolean create;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      defaultValue = "4",
      description = "Partitions of a created topic (default: ${DEFAULT-VALUE}).")
  int partitions;

  /** Creates what is missing, or says what is, before a job fails and restarts over it. */
  void require(JobConfig config) {
    JobConfig.Kafka kafka = config.kafka();
    JobConfig.Topics names = kafka.topics();
    try (TopicCreator topics = TopicCreator.connect(kafka.bootstrapServers(), kafka.properties())) {
      if (create) {
        topics.createMissing(
            List.of(
                new TopicPlan(names.examples(), partitions),
                new TopicPlan(names.snapshots(), partitions).compacted(),
                new TopicPlan(names.metrics(), partitions),
                new TopicPlan(names.rejected(), partitions)));
        return;
      }
      Set<String> missing = new TreeSet<>(topics.missing(Set.copyOf(names.all())));
      if (!missing.isEmpty()) {
        throw new CommandFailure(
            "Kafka at %s has no topic %s; create what is missing, or add --create-topics"
                .formatted(kafka.bootstrapServers(), String.join(", ", missing)));
      }
    }
  }
}
