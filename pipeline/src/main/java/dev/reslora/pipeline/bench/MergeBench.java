package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.MergeTrial;
import dev.reslora.training.TrainerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What every merge costs: each shortcut learns a stream, and its adapter is merged in every way it
 * has, fitted on the stream's recent past and measured on what comes after it.
 */
public final class MergeBench {

  private final Plan plan;
  private final BenchListener listener;

  public MergeBench(Plan plan, BenchListener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * What is learned and measured.
   *
   * @param model Hugging Face directory
   * @param pooling mean or cls
   * @param shortcuts each of them
   * @param targets adapted projections of a layer
   * @param preNum linked blocks that take part in block and middle
   * @param seeds runs of each shortcut, from other first values
   * @param learned examples to learn from, in order
   * @param unseen examples after them, to measure on
   * @param repeats timed merges
   */
  public record Plan(
      Path model,
      String pooling,
      List<Shortcut> shortcuts,
      BenchPlan.TargetChoice targets,
      int preNum,
      int seeds,
      List<TokenizedExample> learned,
      List<TokenizedExample> unseen,
      int repeats) {}

  /**
   * One merge of one adapter.
   *
   * @param millis of each timed merge, the recent past's forward passes included
   */
  public record Measured(
      Shortcut shortcut, Merge merge, long seed, MergeTrial.Result result, List<Double> millis) {

    /** Mean over the adapted projections. */
    public double meanError() {
      return result.layers().stream().mapToDouble(LayerFidelity::getError).average().orElse(0);
    }

    public double medianMillis() {
      Samples times = new Samples(name());
      millis.forEach(times::add);
      return times.median();
    }

    String name() {
      return "merge " + shortcut.label() + " " + merge.label();
    }
  }

  /** Takes a trained adapter, merged the way that is best for its shortcut. */
  @FunctionalInterface
  public interface Sink {
    void take(Measured measured, String baseModelName, String baseModelDigest) throws IOException;
  }

  /** Runs all; the sink gets the first seed's adapters. */
  public List<Measured> run(Sink sink) throws IOException {
    List<Measured> all = new ArrayList<>();
    for (long seed = 1; seed <= plan.seeds; seed++) {
      for (Shortcut shortcut : plan.shortcuts) {
        listener.says(
            "learning %,d examples: %s, seed %d"
                .formatted(plan.learned.size(), shortcut.label(), seed));
        try (MergeTrial trial = MergeTrial.learn(config(shortcut, seed), plan.learned)) {
          for (Merge merge : trial.merges()) {
            Measured measured = measure(trial, shortcut, merge, seed);
            all.add(measured);
            if (seed == 1 && merge == best(shortcut)) {
              sink.take(measured, trial.baseModelName(), trial.baseModelDigest());
            }
          }
        }
      }
    }
    return all;
  }

  private static Merge best(Shortcut shortcut) {
    return shortcut == Shortcut.INPUT || shortcut == Shortcut.MIDDLE
        ? Merge.LEAST_SQUARES
        : Merge.EXACT;
  }

  private Measured measure(MergeTrial trial, Shortcut shortcut, Merge merge, long seed) {
    MergeTrial.Result result = trial.merge(merge, plan.unseen);
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < plan.repeats; i++) {
      long before = System.nanoTime();
      trial.merge(merge, List.of());
      millis.add((System.nanoTime() - before) / 1e6);
    }
    return new Measured(shortcut, merge, seed, result, millis);
  }

  /** The product's own defaults, but for the shortcut. */
  private TrainerConfig config(Shortcut shortcut, long seed) {
    return ConfigSource.trainer(
        List.of(
            "reslora.model.directory=" + plan.model,
            "reslora.model.pooling=" + plan.pooling,
            "reslora.adapter.shortcut=" + shortcut.label(),
            "reslora.adapter.pre-num=" + plan.preNum,
            "reslora.adapter.target-modules=" + String.join(";", plan.targets.names(false)),
            "reslora.training.seed=" + seed,
            "reslora.baseline.every=0",
            "reslora.snapshot.every-steps=0"));
  }

  /**
   * Rows over the seeds: divergence, agreement, change of loss, mean error of a layer, time. The
   * ratio is against the better of the shortcut's norm merges: above 1 is the smaller error.
   */
  public static List<BenchRow> rows(List<Measured> all) {
    Map<String, List<Measured>> byName = new LinkedHashMap<>();
    all.forEach(each -> byName.computeIfAbsent(each.name(), name -> new ArrayList<>()).add(each));
    List<BenchRow> rows = new ArrayList<>();
    for (List<Measured> group : byName.values()) {
      rows.add(row(group, "kl", "nats", each -> each.result().fidelity().getKl(), all));
      rows.add(row(group, "layer-error", "share", Measured::meanError, all));
      rows.add(
          row(group, "agreement", "share", each -> each.result().fidelity().getAgreement(), null));
      rows.add(
          row(
              group,
              "loss-change",
              "nats",
              each -> each.result().fidelity().getLossChange(),
              null));
      Samples times = new Samples(group.get(0).name() + " time");
      group.forEach(each -> each.millis().forEach(times::add));
      if (!group.get(0).millis().isEmpty()) {
        rows.add(times.times("ms", null));
      }
    }
    return rows;
  }

  private static BenchRow row(
      List<Measured> group,
      String figure,
      String unit,
      ToDoubleFunction<Measured> value,
      @Nullable List<Measured> against) {
    Measured first = group.get(0);
    Samples samples = samples(first.name() + " " + figure, group, value);
    if (against == null) {
      return samples.times(unit, null);
    }
    return norms(first.shortcut(), against).stream()
        .map(merge -> samplesOf(first.shortcut(), merge, figure, value, against))
        .min(Comparator.comparing(Samples::median))
        .map(better -> samples.times(unit, better))
        .orElseGet(() -> samples.times(unit, null));
  }

  private static List<Merge> norms(Shortcut shortcut, List<Measured> all) {
    return all.stream()
        .filter(each -> each.shortcut() == shortcut)
        .map(Measured::merge)
        .distinct()
        .filter(merge -> merge == Merge.INPUT_NORM || merge == Merge.WEIGHT_NORM)
        .toList();
  }

  private static Samples samplesOf(
      Shortcut shortcut,
      Merge merge,
      String figure,
      ToDoubleFunction<Measured> value,
      List<Measured> all) {
    List<Measured> group =
        all.stream().filter(each -> each.shortcut() == shortcut && each.merge() == merge).toList();
    return samples(group.get(0).name() + " " + figure, group, value);
  }

  private static Samples samples(
      String name, List<Measured> group, ToDoubleFunction<Measured> value) {
    Samples samples = new Samples(name);
    group.forEach(each -> samples.add(value.applyAsDouble(each)));
    return samples;
  }

  /** Every layer's figures of one merge, the first seed's. */
  public static List<LayerFidelity> layers(List<Measured> all, Shortcut shortcut, Merge merge) {
    return all.stream()
        .filter(each -> each.shortcut() == shortcut && each.merge() == merge)
        .findFirst()
        .map(each -> each.result().layers())
        .orElse(List.of());
  }
}
