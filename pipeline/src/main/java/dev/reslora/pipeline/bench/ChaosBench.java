package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.local.JobProcess;
import dev.reslora.schema.avro.StepReport;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Kills the job again and again while it trains, and shows that nothing came of it: the same stream
 * is then trained without interruption, and every snapshot, step and dead letter of both runs is
 * compared, byte for byte, and counted against what was sent.
 */
public final class ChaosBench {

  private static final String KILLED = "killed";
  private static final String UNINTERRUPTED = "uninterrupted";
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A process that lives for seconds has nothing of the second compiler. */
  private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1");

  /** Within which a checkpoint has committed what the last step left. */
  private static final Duration COMMITTED = Duration.ofMinutes(1);

  /** Most of a recovery that is killed before it is over. */
  private static final Duration RECOVERY = Duration.ofSeconds(8);

  /** Examples sent ahead of what is trained. */
  private static final int AHEAD = 6 * ChaosFeed.BATCH * ChaosFeed.ADAPTERS.size();

  private final ChaosPlan plan;
  private final BenchGround ground;
  private final BenchListener listener;
  private final SplittableRandom random;

  public ChaosBench(ChaosPlan plan, BenchListener listener) {
    this.plan = plan;
    this.ground = plan.ground();
    this.listener = listener;
    this.random = new SplittableRandom(plan.seed());
  }

  /**
   * Runs to the end.
   *
   * @throws IOException when the job ended by itself, or no longer came on
   */
  public ChaosResult run() throws IOException, InterruptedException {
    ground.createTopics(KILLED, UNINTERRUPTED);
    try (ChaosFeed feed =
        new ChaosFeed(ground.bootstrapServers(), ground.topics(KILLED).examples(), plan.seed())) {
      Samples restarts = new Samples(name("restart, kill to first step"));
      Samples recoveries = new Samples(name("recovery, kill to first new step"));
      RunOutputs killed;
      try (Run run = new Run(KILLED, feed)) {
        run.killAgainAndAgain(restarts, recoveries);
        feed.end();
        killed = run.toTheEnd();
      }
      ChaosAccount account = new ChaosAccount(feed.sent());
      account.settle(KILLED, killed);
      listener.figures(
          "%d kills, %,d records sent, %d of them to train, %d versions, %d violations by count;"
              + " now without interruption",
          plan.kills(),
          feed.sent().size(),
          feed.toTrain(),
          killed.versions(),
          account.violations().size());
      RunOutputs uninterrupted;
      try (Run run = new Run(UNINTERRUPTED, feed)) {
        run.start();
        uninterrupted = run.toTheEnd();
      }
      account.settle(UNINTERRUPTED, uninterrupted);
      account.compare(killed, uninterrupted);
      return result(restarts, recoveries, killed, account.violations());
    }
  }

  private String name(String what) {
    return "chaos " + plan.delivery().label() + " " + what;
  }

  private ChaosResult result(
      Samples restarts, Samples recoveries, RunOutputs killed, List<String> violations) {
    return new ChaosResult(
        List.of(
            restarts.times("s", null),
            recoveries.times("s", null),
            BenchRow.count(name("kills while training"), "kills", plan.kills()),
            BenchRow.count(name("examples trained"), "examples", killed.trained()),
            BenchRow.count(name("dead letters"), "records", killed.deadLetters().size()),
            BenchRow.count(name("versions compared"), "versions", killed.versions()),
            BenchRow.count(name("repeated records"), "records", killed.repeats()),
            BenchRow.count(name("violations"), "violations", violations.size())),
        violations);
  }

  /** Steps that one look found. */
  private record Seen(boolean any, boolean fresh) {}

  /** The job over the stream, in as many processes as it takes. */
  private final class Run implements AutoCloseable {

    private final String name;
    private final ChaosFeed feed;
    private final StepFollower follower;
    private final Map<String, Long> newest = new HashMap<>();
    private long trained;
    private int starts;
    private @Nullable JobProcess job;

    Run(String name, ChaosFeed feed) {
      this.name = name;
      this.feed = feed;
      this.follower = new StepFollower(ground.bootstrapServers(), ground.topics(name).metrics());
    }

    void start() {
      starts++;
      job =
          JobProcess.start(
              QUICK_START,
              plan.settings(name),
              0,
              ground.logs().resolve("job-%s-%d.log".formatted(name, starts)));
    }

    private JobProcess job() {
      return Objects.requireNonNull(job, "not started");
    }

    /** Kills at random moments, up to two checkpoint intervals after a new step. */
    void killAgainAndAgain(Samples restarts, Samples recoveries)
        throws IOException, InterruptedException {
      start();
      awaitNewStep(seen -> {});
      for (int kill = 1; kill <= plan.kills(); kill++) {
        spend(2 * plan.interval().toNanos());
        long killed = kill();
        if (kill % ChaosPlan.KILLS_TO_A_KILLED_RECOVERY == 0) {
          start();
          spend(RECOVERY.toNanos());
          killed = kill();
        }
        start();
        long since = killed;
        boolean[] restarted = {false};
        awaitNewStep(
            seen -> {
              if (seen.any && !restarted[0]) {
                restarted[0] = true;
                restarts.add(secondsSince(since));
              }
            });
        recoveries.add(secondsSince(since));
        listener.figures(
            "kill %d of %d: first step after %.1f s, first new step after %.1f s; %d examples"
                + " trained",
            kill, plan.kills(), restarts.last(), recoveries.last(), trained);
        listener.progress(kill, plan.kills(), "kills");
      }
    }

    private double secondsSince(long nanos) {
      return (System.nanoTime() - nanos) / 1e9;
    }

    /** Lets the job run for a random part of this time. */
    private void spend(long most) throws IOException, InterruptedException {
      long end = System.nanoTime() + random.nextLong(most);
      while (System.nanoTime() < end) {
        look();
      }
    }

    /** Returns when it happened, after the last word of the process has been read. */
    private long kill() throws IOException, InterruptedException {
      long now = System.nanoTime();
      job().kill();
      absorb(follower.drain());
      return now;
    }

    private void awaitNewStep(Consumer<Seen> each) throws IOException, InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      Seen seen;
      do {
        seen = look();
        each.accept(seen);
        if (System.nanoTime() > deadline) {
          throw new IOException(
              "no new step in %d s of start %d; the end of its log:%n%s"
                  .formatted(PATIENCE.toSeconds(), starts, job().tail()));
        }
      } while (!seen.fresh);
    }

    /** Keeps the stream ahead, and takes in what was reported. */
    private Seen look() throws IOException, InterruptedException {
      if (!feed.ended() && feed.toTrain() - trained < AHEAD) {
        feed.round();
      }
      Seen seen = absorb(follower.poll(POLL));
      if (!job().isAlive()) {
        throw new IOException(
            "start %d of the job ended by itself; the end of its log:%n%s"
                .formatted(starts, job().tail()));
      }
      return seen;
    }

    private Seen absorb(List<StepReport> reports) {
      boolean fresh = false;
      for (StepReport report : reports) {
        if (report.getStep() > newest.getOrDefault(report.getAdapterId(), 0L)) {
          newest.put(report.getAdapterId(), report.getStep());
          trained += report.getExamples();
          fresh = true;
        }
      }
      return new Seen(!reports.isEmpty(), fresh);
    }

    /** What there is once all is trained and committed, or no longer comes. */
    RunOutputs toTheEnd() throws IOException, InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (trained < feed.toTrain() && System.nanoTime() < deadline) {
        if (look().fresh) {
          deadline = System.nanoTime() + PATIENCE.toNanos();
          listener.progress(trained, feed.toTrain(), "examples, " + name + " run");
        }
      }
      deadline = System.nanoTime() + COMMITTED.toNanos();
      RunOutputs outputs = outputs();
      while (!outputs.complete(feed.sent()) && System.nanoTime() < deadline) {
        look();
        outputs = outputs();
      }
      kill();
      return outputs();
    }

    private RunOutputs outputs() throws IOException {
      return RunOutputs.read(ground.bootstrapServers(), ground.topics(name), plan.delivery());
    }

    @Override
    public void close() {
      if (job != null) {
        job.close();
      }
      follower.close();
    }
  }
}
