package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterTraining;
import dev.reslora.training.Trainer;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way of learning over one stream, without Kafka or Flink: test then train, once through.
 *
 * @param name what it is
 * @param options the job's options that make it so
 */
record GuardTrial(String name, List<String> options) {

  /** Online LoRA as the defaults have it. */
  static final GuardTrial PLAIN = new GuardTrial("plain", List.of());

  /** Every guard on. */
  static final GuardTrial GUARDED =
      new GuardTrial(
          "guarded",
          List.of(
              "reslora.guards.duplicates-window=1000",
              "reslora.drift.detector=adwin",
              "reslora.drift.adwin.clock=8",
              "reslora.drift.reactions=raise-learning-rate;reset-moments;renew-holdout;renew-replay",
              "reslora.drift.rate-factor=5",
              "reslora.drift.rate-steps=15",
              "reslora.replay.examples=4",
              "reslora.replay.policy=class-balanced",
              "reslora.replay.bytes=64 kb",
              "reslora.gate.holdout-every=10",
              "reslora.gate.limit=0.1"));

  /** The gate alone. */
  static final GuardTrial GATED =
      new GuardTrial("gated", List.of("reslora.gate.holdout-every=5", "reslora.gate.limit=0.1"));

  /** Admission and the detector: what costs no pass over the model. */
  static final GuardTrial WATCHED =
      new GuardTrial(
          "watched",
          List.of(
              "reslora.guards.duplicates-window=1000",
              "reslora.guards.min-tokens=4",
              "reslora.guards.max-repetition=0.5",
              "reslora.guards.outlier-deviations=6",
              "reslora.drift.detector=adwin",
              "reslora.drift.reactions=raise-learning-rate"));

  /** Against forgetting: some of the past with every batch. */
  static final GuardTrial REPLAY =
      new GuardTrial(
          "replay",
          List.of(
              "reslora.replay.examples=4",
              "reslora.replay.policy=class-balanced",
              "reslora.replay.bytes=64 kb"));

  /** Against forgetting: near to the latest published version's numbers. */
  static final GuardTrial L2_SP =
      new GuardTrial(
          "l2-sp",
          List.of(
              "reslora.forgetting.l2-sp=1",
              "reslora.forgetting.l2-sp-head=1",
              "reslora.forgetting.anchor=published"));

  /** Against forgetting: the same, where it mattered for what was learned. */
  static final GuardTrial EWC = new GuardTrial("ewc", List.of("reslora.forgetting.ewc=100"));

  /** Against forgetting: near to the latest published version's answers. */
  static final GuardTrial KL = new GuardTrial("kl", List.of("reslora.forgetting.kl=1"));

  /** All of them, by name. */
  static final List<GuardTrial> ALL =
      List.of(PLAIN, WATCHED, GUARDED, GATED, REPLAY, L2_SP, EWC, KL);

  /**
   * An accuracy and where in the stream it was.
   *
   * @param at examples that had come
   * @param accuracy a share, or of one example that of its micro-batch
   */
  record Tested(int at, double accuracy) {}

  /**
   * What came of it.
   *
   * @param tested each trained example, before it was trained on
   * @param frozen the same of the frozen model, where it was judged
   * @param atDrift accuracy on the tests at the first drift
   * @param atEnd accuracy on the tests at the end
   * @param published versions, with their accuracy on the tests
   * @param drifts where the detector found any
   * @param held candidates that the gate held back
   * @param rolledBack versions taken back
   * @param seconds it took, tests left out
   */
  record Result(
      List<Tested> tested,
      List<Tested> frozen,
      double atDrift,
      double atEnd,
      List<Tested> published,
      List<Integer> drifts,
      int held,
      int rolledBack,
      double seconds) {

    double accuracy() {
      return mean(tested);
    }

    double accuracyOfFrozen() {
      return mean(frozen);
    }

    /** Largest loss of accuracy from a published version to the next. */
    double worstFall() {
      double worst = 0;
      for (int i = 1; i < published.size(); i++) {
        worst = Math.max(worst, published.get(i - 1).accuracy - published.get(i).accuracy);
      }
      return worst;
    }

    static double mean(List<Tested> some) {
      return some.stream().mapToDouble(Tested::accuracy).average().orElse(Double.NaN);
    }
  }

  /**
   * Runs over a stream.
   *
   * @param drift examples before the first drift
   * @param versions whether every published version is tested
   */
  Result run(
      Path model,
      List<TokenizedExample> train,
      List<TokenizedExample> tests,
      int drift,
      boolean versions,
      long seed) {
    Progress progress = new Progress();
    try (Trainer trainer = Trainer.open(config(model, seed));
        AdapterTraining adapter = trainer.create("trial")) {
      double atDrift = Double.NaN;
      for (int i = 0; i < train.size(); i++) {
        if (i == drift) {
          atDrift = adapter.accuracy(tests);
        }
        long before = System.nanoTime();
        List<TrainingEvent> events = adapter.offer(train.get(i));
        progress.nanos += System.nanoTime() - before;
        for (TrainingEvent event : events) {
          progress.take(event, i + 1);
          if (event instanceof TrainingEvent.SnapshotDue && versions) {
            // Merges of this shortcut are exact: the adapter as it is answers as its version does.
            progress.published.add(new Tested(i + 1, adapter.accuracy(tests)));
          }
        }
      }
      return progress.result(atDrift, adapter.accuracy(tests));
    }
  }

  private static final class Progress {
    private final List<Tested> tested = new ArrayList<>();
    private final List<Tested> frozen = new ArrayList<>();
    private final List<Tested> published = new ArrayList<>();
    private final List<Integer> drifts = new ArrayList<>();
    private int held;
    private int rolledBack;
    private long nanos;

    void take(TrainingEvent event, int at) {
      if (event instanceof TrainingEvent.Stepped step) {
        StepReport report = step.report();
        take(tested, report.getCorrect(), report.getExamples(), at);
        take(frozen, report.getBaselineCorrect(), report.getExamples(), at);
      } else if (event instanceof TrainingEvent.Announced announced) {
        AdapterEventKind kind = announced.event().getKind();
        held += kind == AdapterEventKind.CANDIDATE_HELD ? 1 : 0;
        rolledBack += kind == AdapterEventKind.ROLLED_BACK ? 1 : 0;
        if (kind == AdapterEventKind.DRIFT) {
          drifts.add(at);
        }
      }
    }

    private static void take(List<Tested> to, @Nullable Double correct, int examples, int at) {
      if (correct != null) {
        to.addAll(Collections.nCopies(examples, new Tested(at, correct / examples)));
      }
    }

    Result result(double atDrift, double atEnd) {
      return new Result(
          tested, frozen, atDrift, atEnd, published, drifts, held, rolledBack, nanos / 1e9);
    }
  }

  /** The same with further options, which win. */
  GuardTrial with(List<String> more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(more);
    return new GuardTrial(name, all);
  }

  private TrainerConfig config(Path model, long seed) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "reslora.model.directory=" + model,
                "reslora.training.seed=" + seed,
                "reslora.training.learning-rate=0.0003",
                "reslora.baseline.every=4",
                "reslora.baseline.warmup-examples=160",
                "reslora.snapshot.every-steps=6"));
    words.addAll(options);
    return ConfigSource.trainer(words);
  }
}
