package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.JobConfig;
import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.MiniClusterJob;
import dev.reslora.pipeline.local.RecordEncoders;
import dev.reslora.reslora.Shortcut;
import dev.reslora.serving.ServedAdapters;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServingTopic;
import dev.reslora.serving.ServingTopicReader;
import dev.reslora.serving.SnapshotSubscriber;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * How long versions are under way, from the moment that a snapshot falls due, which is before its
 * merge, until the version answers, while training goes on: the job on a Flink cluster in this
 * process, a Kafka broker in a process of its own, idempotent delivery, a subscriber that loads
 * every version onto a base model of its own.
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
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration START = Duration.ofSeconds(60);

  /** Versions passed over: engine and JIT compiler warm up, and the past fills. */
  private static final int WARM_UP = 10;

  /**
   * When a version was where, milliseconds since it fell due.
   *
   * @param received by the subscriber, whole and checked
   * @param served loaded, and in service
   */
  public record Journey(long version, double received, double served) {}

  /** Runs until enough versions are served. */
  public List<Journey> run(BenchGround ground, BenchListener listener)
      throws IOException, InterruptedException {
    ground.createTopics(RUN);
    JobConfig.Topics topics = ground.topics(RUN);
    send(ground.bootstrapServers(), topics.examples());
    ServingTopic serving = ServingTopic.of(ground.bootstrapServers(), topics.snapshots());
    return journeys(follow(config(ground), serving, listener), serving);
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

  /** More than enough examples, before the job starts: it never waits for one. */
  private void send(String kafka, String topic) throws IOException {
    SpeechExamples speeches = new SpeechExamples(WORDS);
    int count = (versions + WARM_UP + 1) * everySteps * BATCH;
    try (ExampleProducer producer =
        new ExampleProducer(kafka, Map.of(), topic, RecordEncoders.singleObject())) {
      for (int i = 0; i < count; i++) {
        producer.send(speeches.next(ADAPTER));
      }
      producer.flush();
    }
  }

  /** When each version was received and served, by the clock. */
  private record Clock(Map<Long, Long> received, Map<Long, Long> served) {}

  private Clock follow(JobConfig config, ServingTopic serving, BenchListener listener)
      throws IOException, InterruptedException {
    Clock clock = new Clock(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    CountDownLatch left = new CountDownLatch(versions + WARM_UP);
    SnapshotListener arrivals =
        new SnapshotListener() {
          @Override
          public void published(PublishedVersion version) {
            clock.served.put(version.version(), System.currentTimeMillis());
            left.countDown();
          }

          @Override
          public void refused(RefusedVersion refusal) {
            listener.says("refused: " + refusal);
          }
        };
    try (ServedModel served = ServedModel.open(model, "cpu");
        ServedAdapters adapters = new ServedAdapters(served, 1, arrivals);
        SnapshotSubscriber subscriber =
            SnapshotSubscriber.start(serving, new Stamped(adapters, clock.received))) {
      if (!subscriber.awaitCaughtUp(START)) {
        throw new IOException("the empty serving topic was not read within " + START);
      }
      await(left, config, listener);
    }
    return clock;
  }

  private void await(CountDownLatch left, JobConfig config, BenchListener listener)
      throws IOException, InterruptedException {
    try (MiniClusterJob job = start(config)) {
      while (!left.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        if (job.ended().isPresent()) {
          throw new IOException("the job ended: " + job.ended().get());
        }
        long count = versions + WARM_UP - left.getCount();
        listener.progress(count, versions + WARM_UP, "versions served");
      }
    }
  }

  private static MiniClusterJob start(JobConfig config) throws IOException {
    try {
      return MiniClusterJob.start(config, LocalBroker.freePort());
    } catch (Exception e) {
      throw new IOException("the job could not be run: " + e, e);
    }
  }

  /** Notes the time before a version is loaded. */
  private record Stamped(SnapshotListener next, Map<Long, Long> received)
      implements SnapshotListener {

    @Override
    public void published(PublishedVersion version) {
      received.put(version.version(), System.currentTimeMillis());
      next.published(version);
    }

    @Override
    public void refused(RefusedVersion refusal) {
      next.refused(refusal);
    }
  }

  /** The records' timestamps say when the versions fell due. */
  private List<Journey> journeys(Clock clock, ServingTopic topic) throws IOException {
    SortedMap<Long, Long> due = new TreeMap<>();
    try (ServingTopicReader reader = ServingTopicReader.open(topic)) {
      do {
        for (ConsumerRecord<byte[], byte[]> record : reader.poll(PATIENCE)) {
          // Its tombstones, when it is retired, are later.
          due.putIfAbsent(version(record), record.timestamp());
        }
      } while (!reader.caughtUp());
    }
    List<Journey> journeys = new ArrayList<>();
    due.forEach(
        (version, at) -> {
          Long received = clock.received.get(version);
          Long served = clock.served.get(version);
          if (version > WARM_UP && received != null && served != null) {
            journeys.add(new Journey(version, received - at, served - at));
          }
        });
    return journeys.subList(0, Math.min(versions, journeys.size()));
  }

  private static long version(ConsumerRecord<byte[], byte[]> record) {
    byte[] header = record.headers().lastHeader("version").value();
    return Long.parseLong(new String(header, StandardCharsets.UTF_8));
  }
}
