package dev.reslora.pipeline.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What checkpoints cost: one job, windows with a checkpoint every so often and windows without, in
 * turns, so that what else the machine does falls on both alike.
 */
public final class StateBench {

  /** Nothing but the checkpoints that are asked for; Flink's own come after any run. */
  private static final List<String> CHECKPOINTS_ON_DEMAND =
      List.of(
          "reslora.checkpoint.interval=40 min",
          "reslora.delivery.transaction-timeout=55 min",
          // A merge falls into one window and not into the next.
          "reslora.snapshot.every-steps=0",
          // Else a finished checkpoint shows up to 3 s late.
          "flink.web.refresh-interval=200 ms");

  /** Small: 18,432 numbers in MiniLM's factors; all stay live. */
  private static final String[] MANY = {
    // Every example is a step of another adapter: as many as can change between two checkpoints.
    "reslora.training.batch-examples=1",
    "reslora.adapter.rank=2",
    "reslora.adapter.target-modules=query;value",
    "reslora.adapter.live-bytes=2 gb",
    "reslora.adapter.live-heap-bytes=2 gb",
    // The frozen model would be judged at every adapter's first step: no such step is left out.
    "reslora.baseline.every=0"
  };

  private static final int WARMUP_STEPS = 20;

  private final Plan plan;
  private final BenchGround ground;
  private final BenchListener listener;

  public StateBench(Plan plan, BenchGround ground, BenchListener listener) {
    this.plan = plan;
    this.ground = ground;
    this.listener = listener;
  }

  /**
   * What is measured.
   *
   * @param model Hugging Face directory
   * @param pooling mean or cls
   * @param rounds windows of each kind
   * @param window length of a window
   * @param every time between checkpoints in a window that has them
   * @param adapters of the case with many
   */
  public record Plan(
      Path model, String pooling, int rounds, Duration window, Duration every, int adapters) {}

  public List<BenchRow> run() throws IOException, InterruptedException {
    List<BenchRow> rows = new ArrayList<>();
    rows.addAll(measure("one", 1, "reslora.training.batch-examples=16"));
    rows.addAll(measure("many", plan.adapters, MANY));
    return rows;
  }

  private List<BenchRow> measure(String run, int adapters, String... settings)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(CHECKPOINTS_ON_DEMAND);
    all.add("reslora.model.directory=" + plan.model);
    all.add("reslora.model.pooling=" + plan.pooling);
    all.add("reslora.model.max-tokens=0");
    all.addAll(List.of(settings));
    String name = "state " + (adapters == 1 ? "1 adapter" : adapters + " adapters");
    Samples without = new Samples(name + ", no checkpoints");
    Samples with = new Samples(name + ", checkpoint every %d s".formatted(plan.every.toSeconds()));
    Samples durations = new Samples(name + ", checkpoint duration");
    Samples sizes = new Samples(name + ", state");
    // Examples of its own: a job that begins would train on those of the case before first.
    BenchGround own =
        new BenchGround(
            ground.bootstrapServers(), ground.name() + "-" + run, ground.work(), ground.logs());
    try (LoadedJob job = new LoadedJob(own, run, all, adapters)) {
      listener.says(name + ": warming up");
      long started = System.nanoTime();
      job.warmUp(WARMUP_STEPS, listener);
      listener.figures(
          "%s: every adapter has trained after %.0f s", name, (System.nanoTime() - started) / 1e9);
      checkpointed(job, durations, sizes);
      listener.figures(
          "%s: the first checkpoint, of all, took %.0f ms and refers to %.1f MiB",
          name, durations.last(), sizes.last());
      for (int round = 0; round < plan.rounds; round++) {
        LoadedJob.Mark begin = job.look();
        without.add(job.run(plan.window).tokenRate(begin));
        begin = job.look();
        long end = System.nanoTime() + plan.window.toNanos();
        while (System.nanoTime() < end) {
          job.rest().triggerCheckpoint();
          job.run(plan.every);
        }
        with.add(job.look().tokenRate(begin));
        checkpointed(job, durations, sizes);
        listener.figures(
            "%s, round %d of %d: %.1f tokens/s without checkpoints, %.1f with (%.2f);"
                + " the last took %.0f ms",
            name,
            round + 1,
            plan.rounds,
            without.last(),
            with.last(),
            with.last() / without.last(),
            durations.last());
        listener.progress(round + 1, plan.rounds, "rounds");
      }
    }
    return List.of(
        without.rates("tokens/s", null),
        with.rates("tokens/s", without),
        durations.times("ms", null),
        sizes.times("MiB", null));
  }

  /** One more checkpoint, outside the windows, waited for: nothing of it falls into the next. */
  private static void checkpointed(LoadedJob job, Samples durations, Samples sizes)
      throws IOException, InterruptedException {
    long before = job.rest().checkpoints().completed();
    job.rest().triggerCheckpoint();
    JobRest.Checkpoints now;
    do {
      job.look();
      now = job.rest().checkpoints();
    } while (now.completed() == before);
    durations.add((double) now.millis());
    sizes.add(now.bytes() / (double) (1 << 20));
  }
}
