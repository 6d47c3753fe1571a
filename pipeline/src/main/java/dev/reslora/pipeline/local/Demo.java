package dev.reslora.pipeline.local;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.live.LivePageServer;
import dev.reslora.pipeline.live.LiveTopics;
import dev.reslora.schema.WireConfig;
import dev.reslora.serving.ServingTopic;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The whole product in one run: a Kafka broker in a process of its own, the job on a Flink cluster
 * in this one, a real stream, and a subscriber that answers with what was learned.
 */
public final class Demo {

  private static final String ADAPTER = "demo";
  private static final String PAGE = "ResLoRA demo";

  /** Kept of the time for the last steps, the last snapshot and its checkpoint. */
  private static final Duration FINISH = Duration.ofSeconds(30);

  private final DemoPlan plan;
  private final DemoListener listener;

  private Demo(DemoPlan plan, DemoListener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * Runs to the end of the stream or of the time.
   *
   * @throws DemoFailedException when a part gave up; the message says which and why
   */
  public static DemoResult run(DemoPlan plan, DemoListener listener) throws Exception {
    return new Demo(plan, listener).run();
  }

  private DemoResult run() throws Exception {
    Path model = plan.task().model(listener);
    try (LabeledStream stream = plan.task().stream(ADAPTER, listener);
        Workspace workspace = Workspace.create(plan.out())) {
      long endNanos = System.nanoTime() + plan.time().minus(FINISH).toNanos();
      DemoLog.to(workspace.out().resolve("demo.log"));
      listener.says("learning from " + stream.description());
      listener.says("starting Kafka in a process of its own");
      try (BrokerProcess broker =
          BrokerProcess.start(workspace.work("broker"), workspace.out().resolve("broker.log"))) {
        return learn(new Ground(model, stream, workspace, broker, endNanos));
      }
    }
  }

  /** What the job stands on. */
  private record Ground(
      Path model, LabeledStream stream, Workspace workspace, BrokerProcess broker, long endNanos) {}

  private DemoResult learn(Ground ground) throws Exception {
    String kafka = ground.broker().bootstrapServers();
    int webPort = plan.webPort() == 0 ? LocalBroker.freePort() : plan.webPort();
    JobConfig config = config(ground, webPort);
    JobConfig.Topics topics = config.kafka().topics();
    createTopics(kafka, topics);
    listener.says("starting Flink in this process: http://127.0.0.1:" + webPort);
    try (LocalJob job = LocalJob.start(config, webPort, Optional.empty());
        LivePageServer page = LivePageServer.start(PAGE, livePage(), liveTopics(kafka, topics));
        MetricsReader metrics =
            new MetricsReader(
                kafka,
                topics.metrics(),
                new CurveWindows(plan.task().measure(), DemoWatch.WINDOW));
        DemoSubscriber subscriber =
            DemoSubscriber.start(ServingTopic.of(kafka, topics.snapshots()), ground.model());
        ExampleProducer producer =
            new ExampleProducer(kafka, Map.of(), topics.examples(), RecordEncoders.singleObject());
        Feeder feeder =
            new Feeder(
                ground.stream(), producer, () -> metrics.figures().examples(), ground.endNanos())) {
      DemoWatch watch = new DemoWatch(job, metrics, feeder, subscriber, ground.broker());
      listener.says("live page: " + page.address());
      watch.untilTheLastSnapshot(
          new DemoView(heading(ground, job, page), plan.task().measure()), listener);
      return DemoHarvest.gather(ground.stream(), plan, watch);
    }
  }

  private List<String> heading(Ground ground, LocalJob job, LivePageServer page) {
    return List.of(
        "reslora demo: " + ground.stream().description(),
        "  live page %s".formatted(page.address()),
        "  Flink %s   Kafka %s".formatted(job.web(), ground.broker().bootstrapServers()));
  }

  private InetSocketAddress livePage() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), plan.livePort());
  }

  private static LiveTopics liveTopics(String kafka, JobConfig.Topics topics) {
    return new LiveTopics(
        Map.of("bootstrap.servers", kafka),
        WireConfig.SINGLE_OBJECT,
        topics.metrics(),
        topics.snapshots(),
        topics.rejected());
  }

  private JobConfig config(Ground ground, int webPort) throws IOException {
    Workspace workspace = ground.workspace();
    List<String> settings = new ArrayList<>(plan.task().settings());
    settings.addAll(
        List.of(
            "reslora.job.name=reslora-demo",
            "reslora.kafka.bootstrap-servers=" + ground.broker().bootstrapServers(),
            "reslora.kafka.starting-offsets=earliest",
            "reslora.model.directory=" + ground.model(),
            "reslora.adapter.shortcut=" + plan.shortcut().label(),
            "reslora.training.batch-examples=16",
            "reslora.baseline.every=1",
            "reslora.snapshot.every-steps=25",
            "reslora.checkpoint.directory=" + workspace.work("checkpoints").toUri(),
            "reslora.checkpoint.interval=5 s",
            "flink.io.tmp.dirs=" + workspace.work("flink"),
            "flink.rest.port=" + webPort));
    return ConfigSource.load(null, settings);
  }

  private static void createTopics(String kafka, JobConfig.Topics topics) {
    try (TopicCreator creator = TopicCreator.connect(kafka)) {
      creator.createMissing(
          List.of(
              new TopicPlan(topics.examples(), 1),
              new TopicPlan(topics.snapshots(), 1).compacted(),
              new TopicPlan(topics.metrics(), 1),
              new TopicPlan(topics.rejected(), 1)));
    }
  }
}
