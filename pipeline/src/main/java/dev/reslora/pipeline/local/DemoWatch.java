package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PublishedVersion;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Looks at the demo's parts until the last snapshot is loaded, and stops when one has failed. */
final class DemoWatch {

  /** Examples of a window of the curve. */
  static final int WINDOW = 250;

  private static final long LOOK_MILLIS = 250;
  private static final Duration LAST_SNAPSHOT = Duration.ofSeconds(90);

  private final LocalJob job;
  private final MetricsReader metrics;
  private final Feeder feeder;
  private final DemoSubscriber subscriber;
  private final BrokerProcess broker;
  private final CheckpointWatch checkpoints;
  private final Rate steps = new Rate();
  private final Rate tokens = new Rate();
  private final long begin = System.nanoTime();
  private long firstStep;
  private long lastStep;

  DemoWatch(
      LocalJob job,
      MetricsReader metrics,
      Feeder feeder,
      DemoSubscriber subscriber,
      BrokerProcess broker) {
    this.job = job;
    this.metrics = metrics;
    this.feeder = feeder;
    this.subscriber = subscriber;
    this.broker = broker;
    this.checkpoints = job.checkpoints();
  }

  /** Returns once the snapshot that the end of the stream asked for is loaded, or does not come. */
  void untilTheLastSnapshot(DemoView view, DemoListener listener)
      throws DemoFailedException, InterruptedException {
    long fedAt = Long.MAX_VALUE;
    while (!subscriber.seen().hasLast()) {
      requireAlive();
      DemoStatus status = status();
      listener.figures(view.block(status), view.line(status));
      long now = System.nanoTime();
      if (feeder.task().isDone()) {
        fedAt = Math.min(fedAt, now);
        if (now - fedAt > LAST_SNAPSHOT.toNanos()) {
          return;
        }
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    DemoStatus status = status();
    listener.figures(view.block(status), view.line(status));
  }

  private void requireAlive() throws DemoFailedException {
    if (!broker.handle().isAlive()) {
      throw new DemoFailedException("the Kafka broker's process ended", null);
    }
    Optional<String> ended = job.ended();
    if (ended.isPresent()) {
      throw new DemoFailedException("the job ended: " + ended.get(), null);
    }
    for (BackgroundTask task : List.of(feeder.task(), metrics.task())) {
      Optional<Exception> failure = task.failure();
      if (failure.isPresent()) {
        throw new DemoFailedException(failure.get().toString(), failure.get());
      }
    }
  }

  DemoStatus status() throws InterruptedException {
    TrainingFigures training = metrics.figures();
    long now = System.nanoTime();
    if (training.steps() > 0 && firstStep == 0) {
      firstStep = now;
    }
    lastStep = now;
    DemoSubscriber.Seen seen = subscriber.seen();
    Optional<SnapshotManifest> newest = seen.newest().map(PublishedVersion::manifest);
    return new DemoStatus(
        Duration.ofNanos(now - begin),
        feeder.sent(),
        feeder.total(),
        training,
        steps.perSecond(now, training.steps()),
        tokens.perSecond(now, training.tokens()),
        seen.loaded(),
        newest.map(SnapshotManifest::getVersion).orElse(0L),
        newest.map(SnapshotManifest::getStep).orElse(0L),
        checkpoints.look());
  }

  /** Time since the first step was seen. */
  Duration learning() {
    return firstStep == 0 ? Duration.ZERO : Duration.ofNanos(lastStep - firstStep);
  }

  Optional<PublishedVersion> newest() {
    return subscriber.seen().newest();
  }

  /** What the newest version makes of the texts that were kept back. */
  List<DemoAnswer> answers(DemoTask task) {
    return task.answers(subscriber, feeder.keptBack());
  }
}
