package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.local.ExampleProducer;
import dev.reslora.pipeline.local.JobProcess;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.RecordEncoders;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A job in a process of its own that always has examples waiting, of its adapters in turns. Moves
 * on only while it is looked at; used by one thread.
 */
final class LoadedJob implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int AHEAD = 256;

  private final SpeechExamples speeches = new SpeechExamples(SpeechExamples.WORDS);
  private final List<String> adapters;
  private final Set<String> seen = new HashSet<>();
  private final JobProcess process;
  private final JobRest rest;
  private final ExampleProducer producer;
  private final StepFollower follower;
  private long sent;
  private Mark last = new Mark(0, 0, 0, System.nanoTime());

  /** Steps, examples and tokens trained so far, and when the last step showed. */
  record Mark(long steps, long examples, long tokens, long nanos) {

    /** Tokens a second from another mark to this one. */
    double tokenRate(Mark since) {
      return (tokens - since.tokens) * 1e9 / (nanos - since.nanos);
    }
  }

  /**
   * Starts it.
   *
   * @param settings besides those that follow from the ground
   * @param adapters how many learn
   */
  LoadedJob(BenchGround ground, String run, List<String> settings, int adapters)
      throws IOException {
    ground.createTopics(run);
    this.adapters = IntStream.range(0, adapters).mapToObj(i -> run + "-" + i).toList();
    List<String> all = new ArrayList<>(ground.settings(run));
    all.addAll(settings);
    int port = LocalBroker.freePort();
    this.rest = new JobRest(port);
    this.producer =
        new ExampleProducer(
            ground.bootstrapServers(),
            Map.of(),
            ground.topics(run).examples(),
            RecordEncoders.singleObject());
    this.follower = new StepFollower(ground.bootstrapServers(), ground.topics(run).metrics());
    this.process =
        JobProcess.start(List.of(), all, port, ground.logs().resolve("job-" + run + ".log"));
  }

  JobProcess process() {
    return process;
  }

  JobRest rest() {
    return rest;
  }

  /** Returns when each adapter has trained, and this many steps were taken. */
  void warmUp(int steps, BenchListener listener) throws IOException {
    while (last.steps < steps || seen.size() < adapters.size()) {
      look();
      listener.progress(seen.size(), adapters.size(), "adapters have trained");
    }
  }

  /** Lets it train on for this long; returns where it is then. */
  Mark run(Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    Mark mark = last;
    while (System.nanoTime() < end) {
      mark = look();
    }
    return mark;
  }

  /** Sends no more, and returns when all full batches of this many that were sent are trained. */
  Mark drain(int batch) throws IOException {
    while (sent - last.examples >= batch) {
      follow();
    }
    return last;
  }

  /** A mark now, for a job that stood still. */
  Mark restart() {
    last = new Mark(last.steps, last.examples, last.tokens, System.nanoTime());
    return last;
  }

  /** Keeps examples waiting, and takes in what was reported. */
  Mark look() throws IOException {
    while (sent - last.examples < Math.max(AHEAD, 2 * adapters.size())) {
      producer.send(speeches.next(adapters.get((int) (sent % adapters.size()))));
      sent++;
    }
    return follow();
  }

  private Mark follow() throws IOException {
    List<StepReport> reports = follower.poll(POLL);
    long now = System.nanoTime();
    for (StepReport report : reports) {
      seen.add(report.getAdapterId());
      last =
          new Mark(
              last.steps + 1,
              last.examples + report.getExamples(),
              last.tokens + report.getTokens(),
              now);
    }
    if (!process.isAlive() || now - last.nanos > PATIENCE.toNanos()) {
      throw new IOException(
          "the job %s; the end of its log:%n%s"
              .formatted(process.isAlive() ? "takes no steps" : "ended", process.tail()));
    }
    return last;
  }

  @Override
  public void close() {
    process.close();
    follower.close();
    producer.close();
  }
}
