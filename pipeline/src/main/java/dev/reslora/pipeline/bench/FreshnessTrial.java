package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.LocalJob;
import dev.reslora.pipeline.local.RecordEncoders;
import dev.reslora.reslora.Shortcut;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.SnapshotSubscriber;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import dev.reslora.snapshot.Transit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How long versions are under way, stage by stage, while training goes on: the job on a Flink
 * cluster in this process, a Kafka broker in a process of its own, idempotent delivery, a
 * subscriber that loads every version onto a base model of its own. Examples happen as they are
 * learned from: the feed keeps the trainer two versions ahead, so that it never waits for one.
 *
 * @param model base model's directory
 * @param pooling mean or cls
 * @param shortcut trained with
 * @param versions measured
 * @param everySteps optimizer steps to a version
 * @param recentTokens tokens that a merge is fitted and measured on
 */
public record FreshnessTrial(
    Path model, String pooling, Shortcut shortcut, int versions, int everySteps, int recentTokens) {

  private static final String RUN = "job";
  private static final String ADAPTER = "fresh";

  /** More than the tokens that a sequence may have. */
  private static final int WORDS = 100;

  private static final int BATCH = 16;
  private static final int LEAD = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration START = Duration.ofSeconds(60);

  /** Versions passed over: engine and JIT compiler warm up, and the past fills. */
  private static final int WARM_UP = 10;

  /**
   * A version's way.
   *
   * @param stages what each took
   */
  public record Journey(long version, Map<Transit.Stage, Duration> stages) {

    public double millis(Transit.Stage stage) {
      return stages.getOrDefault(stage, Duration.ZERO).toNanos() / 1e6;
    }

    /** From the moment that its snapshot fell due, before its merge, until it was in service. */
    public double dueToServed() {
      return millis(Transit.Stage.PUBLISH)
          + millis(Transit.Stage.DELIVER)
          + millis(Transit.Stage.LOAD);
    }
  }

  /** Told of each version that is measured. */
  public interface Observer {
    void served(Journey journey);
  }

  /** Runs until enough versions are served. */
  public List<Journey> run(BenchGround ground, BenchListener listener, Observer observer)
      throws IOException, InterruptedException {
    ground.createTopics(RUN);
    JobConfig.Topics topics = ground.topics(RUN);
    ServingTopic serving = ServingTopic.of(ground.bootstrapServers(), topics.snapshots());
    try (ExampleProducer producer =
        new ExampleProducer(
            ground.bootstrapServers(),
            Map.of("linger.ms", "0"),
            topics.examples(),
            RecordEncoders.singleObject())) {
      Follower follower = new Follower(producer, listener, observer);
      follow(config(ground), serving, follower);
      return follower.journeys();
    }
  }

  private JobConfig config(BenchGround ground) {
    List<String> words = new ArrayList<>(ground.settings(RUN));
    words.addAll(
        List.of(
            "reslora.model.directory=" + model,
            "reslora.model.pooling=" + pooling,
            "reslora.model.max-tokens=64",
            "reslora.adapter.shortcut=" + shortcut.label(),
            "reslora.training.batch-examples=" + BATCH,
            "reslora.training.recent-tokens=" + recentTokens,
            "reslora.snapshot.every-steps=" + everySteps,
            "reslora.delivery.mode=idempotent"));
    return ConfigSource.load(null, words);
  }

  private void follow(JobConfig config, ServingTopic serving, Follower follower)
      throws IOException, InterruptedException {
    try (ServedModel served = ServedModel.open(model, "cpu");
        ServedAdapters adapters = new ServedAdapters(served, 1, follower);
        SnapshotSubscriber subscriber = SnapshotSubscriber.start(serving, adapters)) {
      if (!subscriber.awaitCaughtUp(START)) {
        throw new IOException("the empty serving topic was not read within " + START);
      }
      for (int i = 0; i < LEAD; i++) {
        follower.feed();
      }
      try (LocalJob job = start(config)) {
        while (!follower.left.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          if (job.ended().isPresent()) {
            throw new IOException("the job ended: " + job.ended().get());
          }
        }
      }
    }
  }

  private static LocalJob start(JobConfig config) throws IOException {
    try {
      return LocalJob.start(config, LocalBroker.freePort(), Optional.empty());
    } catch (Exception e) {
      throw new IOException("the job could not be run: " + e, e);
    }
  }

  /** Called once a version is in service: notes its way, and sends the examples of another. */
  private final class Follower implements SnapshotListener {

    private final ExampleProducer producer;
    private final SpeechExamples speeches = new SpeechExamples(WORDS);
    private final BenchListener listener;
    private final Observer observer;
    private final CountDownLatch left = new CountDownLatch(versions + WARM_UP);
    private final List<Journey> journeys = Collections.synchronizedList(new ArrayList<>());

    Follower(ExampleProducer producer, BenchListener listener, Observer observer)
        throws IOException {
      this.producer = producer;
      this.listener = listener;
      this.observer = observer;
    }

    void feed() {
      for (int i = 0; i < everySteps * BATCH; i++) {
        producer.send(speeches.passage(ADAPTER).at(Instant.now()).toRecord());
      }
    }

    @Override
    public void published(PublishedVersion version) {
      Instant served = Instant.now();
      feed();
      if (version.version() > WARM_UP && journeys.size() < versions) {
        Journey journey =
            new Journey(
                version.version(),
                version.transit().stages(version.manifest().getEventTime(), served));
        journeys.add(journey);
        observer.served(journey);
      }
      left.countDown();
      listener.progress(
          versions + WARM_UP - left.getCount(), versions + WARM_UP, "versions served");
    }

    @Override
    public void refused(RefusedVersion refusal) {
      listener.says("refused: " + refusal);
    }

    List<Journey> journeys() {
      return List.copyOf(journeys);
    }
  }
}
