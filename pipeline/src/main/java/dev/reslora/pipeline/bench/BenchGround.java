package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.local.TopicCreator;
import dev.reslora.pipeline.local.TopicPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What jobs of a benchmark stand on. All its runs read the same examples; each has outputs,
 * checkpoints and transactions of its own.
 *
 * @param bootstrapServers the broker
 * @param name topics and jobs begin with it
 * @param work for checkpoints and state
 * @param logs for what the jobs' processes write
 */
public record BenchGround(String bootstrapServers, String name, Path work, Path logs) {

  private static final int PARTITIONS = 4;

  JobConfig.Topics topics(String run) {
    return new JobConfig.Topics(
        name + "-examples",
        name + "-" + run + "-snapshots",
        name + "-" + run + "-metrics",
        name + "-" + run + "-rejected");
  }

  void createTopics(String... runs) {
    List<TopicPlan> plans = new ArrayList<>();
    plans.add(new TopicPlan(topics("").examples(), PARTITIONS));
    for (String run : runs) {
      JobConfig.Topics topics = topics(run);
      for (String output : List.of(topics.snapshots(), topics.metrics(), topics.rejected())) {
        plans.add(new TopicPlan(output, 1));
      }
    }
    try (TopicCreator creator = TopicCreator.connect(bootstrapServers, Map.of())) {
      creator.createMissing(plans);
    }
  }

  /** Settings of a run's job that follow from the place. */
  List<String> settings(String run) {
    JobConfig.Topics topics = topics(run);
    Path own = work.resolve(run);
    return List.of(
        "reslora.job.name=" + name + "-" + run,
        "reslora.kafka.bootstrap-servers=" + bootstrapServers,
        "reslora.kafka.group-id=" + name + "-" + run,
        "reslora.kafka.starting-offsets=earliest",
        "reslora.kafka.topic.examples=" + topics.examples(),
        "reslora.kafka.topic.snapshots=" + topics.snapshots(),
        "reslora.kafka.topic.metrics=" + topics.metrics(),
        "reslora.kafka.topic.rejected=" + topics.rejected(),
        "reslora.checkpoint.directory=" + own.resolve("checkpoints"),
        "flink.io.tmp.dirs=" + own.resolve("flink"));
  }
}
