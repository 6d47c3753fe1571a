package dev.reslora.pipeline.bench;

import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Training subtasks of one process, each on a thread of its own with an adapter of its own, on one
 * shared base: tokens a second of all together against one of them alone, in turns.
 */
public final class SubtasksBench {

  private final BenchPlan plan;
  private final int subtasks;
  private final List<Precision> precisions;
  private final BenchListener listener;

  public SubtasksBench(
      BenchPlan plan, int subtasks, List<Precision> precisions, BenchListener listener) {
    this.plan = plan;
    this.subtasks = subtasks;
    this.precisions = precisions;
    this.listener = listener;
  }

  /** A thread and what it trains; opened and closed on that thread. */
  private record Subtask(ExecutorService thread, Contestant contestant) {}

  public List<BenchRow> run() throws IOException, InterruptedException {
    List<TokenBatch> rounds = plan.batches(plan.batch(), BenchPlan.WARMUP + plan.steps());
    List<BenchRow> rows = new ArrayList<>();
    for (Precision precision : precisions) {
      rows.addAll(measure(precision, rounds));
    }
    return rows;
  }

  private List<BenchRow> measure(Precision precision, List<TokenBatch> rounds)
      throws IOException, InterruptedException {
    String name = "subtasks %s %s, ".formatted(precision.label(), plan.suffix());
    Samples one = new Samples(name + 1);
    Samples together = new Samples(name + subtasks);
    List<Subtask> open = new ArrayList<>();
    try {
      for (int i = 0; i < subtasks; i++) {
        open.add(open(precision));
      }
      for (int round = 0; round < rounds.size(); round++) {
        double alone = tokensPerSecond(open.subList(0, 1), rounds.get(round));
        double all = tokensPerSecond(open, rounds.get(round));
        if (round >= BenchPlan.WARMUP) {
          one.add(alone);
          together.add(all);
        }
        listener.progress(round + 1, rounds.size(), "rounds");
      }
    } finally {
      for (Subtask each : open) {
        got(each.thread.submit(each.contestant::close));
        each.thread.shutdown();
      }
    }
    return List.of(one.rates("tokens/s", null), together.rates("tokens/s", one));
  }

  private Subtask open(Precision precision) throws IOException, InterruptedException {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    return new Subtask(
        thread, got(thread.submit(() -> StepBench.ours(plan, precision, Shortcut.NONE))));
  }

  /** Every subtask takes a step on the batch, all at the same time. */
  private static double tokensPerSecond(List<Subtask> subtasks, TokenBatch batch)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    List<Future<Double>> steps = new ArrayList<>();
    for (Subtask each : subtasks) {
      Callable<Double> step = () -> each.contestant.step(batch);
      steps.add(each.thread.submit(step));
    }
    for (Future<Double> step : steps) {
      got(step);
    }
    return subtasks.size() * (double) batch.tokens() * 1e9 / (System.nanoTime() - begin);
  }

  private static <T extends @Nullable Object> T got(Future<T> future)
      throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException("a training subtask failed", e.getCause());
    }
  }
}
