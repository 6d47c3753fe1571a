package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.KafkaCheck;
import dev.reslora.pipeline.KafkaFindings;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.pipeline.local.TopicPlan;
import java.util.List;
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
    if (create) {
      create(config.kafka());
    }
    KafkaFindings findings = KafkaCheck.ask(config);
    if (!findings.none()) {
      throw new CommandFailure(
          findings.absent().isEmpty()
              ? findings.sentence()
              : findings.sentence() + "; create what is missing, or add --create-topics");
    }
  }

  private void create(JobConfig.Kafka kafka) {
    JobConfig.Topics names = kafka.topics();
    try (TopicCreator topics = TopicCreator.connect(kafka.bootstrapServers(), kafka.properties())) {
      topics.createMissing(
          List.of(
              new TopicPlan(names.examples(), partitions),
              new TopicPlan(names.snapshots(), partitions).compacted(),
              new TopicPlan(names.metrics(), partitions),
              new TopicPlan(names.rejected(), partitions)));
    }
  }
}
