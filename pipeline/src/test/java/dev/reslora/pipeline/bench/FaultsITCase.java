package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.FlinkSettings;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.ResLoraTopology;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.LocalJob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What breaks around the job, in the middle of training: it leaves what an unbroken run leaves. */
@ExtendWith(BrokerExtension.class)
@SuppressWarnings("try") // a job is closed, and not looked at
class FaultsITCase {

  private static final String BROKEN = "broken";
  private static final String STRAIGHT = "straight";
  private static final long SEED = 11;
  private static final Duration OUTAGE = Duration.ofSeconds(2);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(Delivery.class)
  void aBrokerThatGoesAndComesBack(Delivery delivery) throws Exception {
    Path logs = directory.resolve("broker");
    int port = LocalBroker.freePort();
    LocalBroker broker = LocalBroker.start(logs, port);
    try {
      ChaosPlan plan = plan(broker, "restarted", delivery);
      plan.ground().createTopics(BROKEN, STRAIGHT);
      try (ChaosFeed feed = SavepointITCase.feed(plan)) {
        feed.round();
        feed.round();
        try (LocalJob job = start(plan, BROKEN)) {
          SavepointITCase.await(plan, BROKEN, outputs -> outputs.trained() > 0);
          feed.round();
          broker.close();
          Thread.sleep(OUTAGE.toMillis());
          broker = LocalBroker.start(logs, port);
          feed.round();
          feed.end();
          SavepointITCase.await(plan, BROKEN, outputs -> outputs.complete(feed.sent()));
        }
        leavesWhatAnUnbrokenRunLeaves(plan, feed);
      }
    } finally {
      broker.close();
    }
  }

  @Test
  void aTaskManagerThatIsLost(LocalBroker broker) throws Exception {
    ChaosPlan plan = plan(broker, BrokerExtension.topic("lost"), Delivery.EXACTLY_ONCE);
    plan.ground().createTopics(BROKEN, STRAIGHT);
    JobConfig config = config(plan, BROKEN);
    try (ChaosFeed feed = SavepointITCase.feed(plan);
        MiniCluster cluster = new MiniCluster(twoTaskManagers(config))) {
      cluster.start();
      feed.round();
      feed.round();
      JobID job = submit(cluster, config);
      SavepointITCase.await(plan, BROKEN, outputs -> outputs.trained() > 0);
      feed.round();
      cluster.terminateTaskManager(0).get(30, TimeUnit.SECONDS);
      feed.round();
      feed.end();
      cluster.startTaskManager();
      SavepointITCase.await(plan, BROKEN, outputs -> outputs.complete(feed.sent()));
      assertThat(cluster.getJobStatus(job).get(30, TimeUnit.SECONDS)).isEqualTo(JobStatus.RUNNING);
      assertThat(cluster.getExecutionGraph(job).get(30, TimeUnit.SECONDS).getFailureInfo())
          .as("that a task manager was lost")
          .isNotNull();
      cluster.cancelJob(job).get(30, TimeUnit.SECONDS);
      leavesWhatAnUnbrokenRunLeaves(plan, feed);
    }
  }

  private static MiniClusterConfiguration twoTaskManagers(JobConfig config) {
    Configuration flink = FlinkSettings.of(config);
    flink.set(RestOptions.BIND_PORT, "0");
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(flink)
        .setNumTaskManagers(2)
        .setNumSlotsPerTaskManager(1)
        .build();
  }

  private static JobID submit(MiniCluster cluster, JobConfig config) throws Exception {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(FlinkSettings.of(config));
    ResLoraTopology.build(environment, config);
    return cluster
        .submitJob(environment.getStreamGraph().getJobGraph())
        .get(60, TimeUnit.SECONDS)
        .getJobID();
  }

  private void leavesWhatAnUnbrokenRunLeaves(ChaosPlan plan, ChaosFeed feed) throws Exception {
    try (LocalJob job = start(plan, STRAIGHT)) {
      SavepointITCase.await(plan, STRAIGHT, outputs -> outputs.complete(feed.sent()));
    }
    RunOutputs broken = SavepointITCase.read(plan, BROKEN);
    RunOutputs straight = SavepointITCase.read(plan, STRAIGHT);
    ChaosAccount account = new ChaosAccount(feed.sent());
    account.settle(BROKEN, broken);
    account.settle(STRAIGHT, straight);
    account.compare(broken, straight);
    assertThat(account.violations()).isEmpty();
    assertThat(broken.versions()).isGreaterThanOrEqualTo(ChaosFeed.ADAPTERS.size());
  }

  private ChaosPlan plan(LocalBroker broker, String name, Delivery delivery) {
    BenchGround ground = new BenchGround(broker.bootstrapServers(), name, directory, directory);
    return new ChaosPlan(
        TestModels.tiny(), "mean", delivery, 0, Duration.ofMillis(300), SEED, ground);
  }

  private static JobConfig config(ChaosPlan plan, String run) throws IOException {
    return ConfigSource.load(null, plan.settings(run));
  }

  private static LocalJob start(ChaosPlan plan, String run) throws Exception {
    return LocalJob.start(config(plan, run), 0, Optional.empty());
  }
}
