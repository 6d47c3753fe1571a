package dev.reslora.pipeline.bench;

import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a process's resident memory rises in an optimizer step above what it holds before, for
 * this project and for Python's peft on the same batches, each in a process of its own.
 */
public final class MemoryBench {

  private static final double MIB = 1 << 20;

  private final BenchPlan plan;
  private final List<Precision> precisions;
  private final List<Shortcut> shortcuts;
  private final BenchListener listener;

  public MemoryBench(
      BenchPlan plan,
      List<Precision> precisions,
      List<Shortcut> shortcuts,
      BenchListener listener) {
    this.plan = plan;
    this.precisions = precisions;
    this.shortcuts = shortcuts;
    this.listener = listener;
  }

  /** Measures a step's rise on a batch, in bytes. */
  @FunctionalInterface
  private interface Rise {
    long on(TokenBatch batch) throws IOException;
  }

  /** Runs beside peft; alone where that is not there. */
  public List<BenchRow> run(@Nullable Python python) throws IOException {
    try (PeftProcess peft = PeftProcess.start(python, plan, 1, precisions, listener::says)) {
      return run(peft);
    }
  }

  private List<BenchRow> run(@Nullable PeftProcess peft) throws IOException {
    List<TokenBatch> batches = plan.batches(plan.batch(), BenchPlan.WARMUP + plan.steps());
    listener.says(
        String.format(
            Locale.ROOT,
            "batches of %d with %.0f tokens on average",
            plan.batch(),
            batches.stream().mapToInt(TokenBatch::tokens).average().orElse(0)));
    List<BenchRow> rows = new ArrayList<>();
    for (Precision precision : precisions) {
      String kind = precision.label() + " " + plan.suffix();
      Samples baseline = null;
      if (peft != null) {
        baseline = measure("memory peft " + kind, batches, batch -> peft.peak(precision, batch));
        rows.add(baseline.rates("MiB", null));
      }
      for (Shortcut shortcut : shortcuts) {
        try (Contestant.Ours ours = StepBench.ours(plan, precision, shortcut)) {
          Samples samples =
              measure(
                  "memory ours " + kind + " " + shortcut.label(),
                  batches,
                  batch -> ProcessMemory.rise(() -> ours.step(batch)));
          rows.add(samples.rates("MiB", baseline));
        }
      }
    }
    return rows;
  }

  private Samples measure(String name, List<TokenBatch> batches, Rise rise) throws IOException {
    Samples samples = new Samples(name);
    for (int i = 0; i < batches.size(); i++) {
      long bytes = rise.on(batches.get(i));
      if (i >= BenchPlan.WARMUP) {
        samples.add(bytes / MIB);
      }
      listener.progress(i + 1, batches.size(), "steps");
    }
    return samples;
  }
}
