package dev.reslora.pipeline.bench;

import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import dev.reslora.training.StepLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Optimizer steps of this project and of a Python peft loop on the same weights, tokens and
 * threads. Interleaved: in every round each contestant takes one step on the round's batch, so what
 * else the machine does falls on all of them alike.
 */
public final class StepBench {

  private final BenchPlan plan;
  private final List<Precision> precisions;
  private final List<Shortcut> shortcuts;
  private final BenchListener listener;

  public StepBench(
      BenchPlan plan,
      List<Precision> precisions,
      List<Shortcut> shortcuts,
      BenchListener listener) {
    this.plan = plan;
    this.precisions = precisions;
    this.shortcuts = shortcuts;
    this.listener = listener;
  }

  /** Runs against peft; alone, ratios being against the first of ours, where that is not there. */
  public List<BenchRow> run(@Nullable Python python) throws IOException {
    try (PeftProcess peft = PeftProcess.start(python, plan, 1, peftPrecisions(), listener::says)) {
      return run(peft);
    }
  }

  private List<BenchRow> run(@Nullable PeftProcess peft) throws IOException {
    List<TokenBatch> batches = plan.batches(plan.batch(), BenchPlan.WARMUP + plan.steps());
    listener.says(
        "batches of %d: %s, padding to the longest would be %.0f %% of the tokens"
            .formatted(
                plan.batch(), SpeechTokens.spread(batches), 100 * SpeechTokens.padding(batches)));
    List<Contestant> contestants = new ArrayList<>();
    try {
      enter(contestants, peft);
      return race(contestants, batches);
    } finally {
      contestants.forEach(Contestant::close);
    }
  }

  /** The first is the baseline of all. */
  private void enter(List<Contestant> contestants, @Nullable PeftProcess peft) {
    if (peft != null) {
      for (Precision precision : peftPrecisions()) {
        String name = "step peft " + precision.label() + " " + plan.suffix();
        contestants.add(new Contestant.Peft(name, peft, precision, 0));
      }
    }
    for (Precision precision : precisions) {
      for (Shortcut shortcut : shortcuts) {
        contestants.add(ours(plan, precision, shortcut));
      }
    }
  }

  /** float32 is everybody's baseline. */
  private List<Precision> peftPrecisions() {
    return precisions.contains(Precision.BFLOAT16)
        ? List.of(Precision.values())
        : List.of(Precision.FLOAT32);
  }

  /** This project's side of a plan. */
  static Contestant.Ours ours(BenchPlan plan, Precision precision, Shortcut shortcut) {
    return new Contestant.Ours(
        "step ours " + precision.label() + " " + plan.suffix() + " " + shortcut.label(),
        loop(plan, precision, shortcut));
  }

  /** An adapter of a plan. */
  static StepLoop loop(BenchPlan plan, Precision precision, Shortcut shortcut) {
    return StepLoop.open(plan.trainer(precision, shortcut), plan.labels());
  }

  private List<BenchRow> race(List<Contestant> contestants, List<TokenBatch> batches)
      throws IOException {
    List<Samples> samples = contestants.stream().map(each -> new Samples(each.name())).toList();
    for (int round = 0; round < batches.size(); round++) {
      for (int i = 0; i < contestants.size(); i++) {
        double seconds = contestants.get(i).step(batches.get(round));
        if (round >= BenchPlan.WARMUP) {
          samples.get(i).add(1000 * seconds);
        }
      }
      listener.progress(round + 1, batches.size(), "rounds");
    }
    for (Contestant each : contestants) {
      listener.says(
          String.format(Locale.ROOT, "%s: loss of the last batch %.4f", each.name(), each.loss()));
    }
    Samples baseline = samples.get(0);
    return samples.stream()
        .map(each -> each.times("ms", each == baseline ? null : baseline))
        .toList();
  }
}
