package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterTraining;
import dev.reslora.training.Trainer;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
              "reslora.drift.reactions=raise-learning-rate;renew-holdout",
              "reslora.drift.rate-factor=3",
              "reslora.drift.rate-steps=15",
              "reslora.replay.examples=4",
              "reslora.replay.policy=class-balanced",
              "reslora.replay.bytes=64 kb",
              "reslora.gate.holdout-every=10",
              "reslora.gate.limit=0.1"));

  /** The gate alone. */
  static final GuardTrial GATED =
      new GuardTrial("gated", List.of("reslora.gate.holdout-every=5", "reslora.gate.limit=0.1"));

  /** Accuracy of a published version, and where in the stream it was. */
  record Published(int examples, double accuracy) {}

  /**
   * What came of it.
   *
   * @param right of each trained example in order, whether it was predicted right before
   * @param frozen of the frozen model, its accuracy where it was judged
   * @param atDrift accuracy on the tests at the first drift
   * @param atEnd accuracy on the tests at the end
   * @param published versions, with their accuracy on the tests
   * @param held candidates that the gate held back
   * @param rolledBack versions taken back
   * @param seconds it took, tests left out
   */
  record Result(
      List<Double> right,
      double frozen,
      double atDrift,
      double atEnd,
      List<Published> published,
      int held,
      int rolledBack,
      double seconds) {

    double accuracy() {
      return right.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /** Largest loss of accuracy from a published version to the next. */
    double worstFall() {
      double worst = 0;
      for (int i = 1; i < published.size(); i++) {
        worst = Math.max(worst, published.get(i - 1).accuracy() - published.get(i).accuracy());
      }
      return worst;
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
          progress.take(event);
          if (event instanceof TrainingEvent.SnapshotDue && versions) {
            // Merges of this shortcut are exact: the adapter as it is answers as its version does.
            progress.published.add(new Published(i + 1, adapter.accuracy(tests)));
          }
        }
      }
      return progress.result(atDrift, adapter.accuracy(tests));
    }
  }

  private static final class Progress {
    private final List<Double> right = new ArrayList<>();
    private final List<Published> published = new ArrayList<>();
    private double frozenRight;
    private double frozenJudged;
    private int held;
    private int rolledBack;
    private long nanos;

    void take(TrainingEvent event) {
      if (event instanceof TrainingEvent.Stepped step) {
        take(step.report());
      } else if (event instanceof TrainingEvent.Announced announced) {
        AdapterEvent what = announced.event();
        held += what.getKind() == AdapterEventKind.CANDIDATE_HELD ? 1 : 0;
        rolledBack += what.getKind() == AdapterEventKind.ROLLED_BACK ? 1 : 0;
      }
    }

    private void take(StepReport report) {
      Double correct = report.getCorrect();
      double share = (correct == null ? 0 : correct) / report.getExamples();
      for (int i = 0; i < report.getExamples(); i++) {
        right.add(share);
      }
      if (report.getBaselineCorrect() != null) {
        frozenRight += report.getBaselineCorrect();
        frozenJudged += report.getExamples();
      }
    }

    Result result(double atDrift, double atEnd) {
      return new Result(
          right,
          frozenRight / frozenJudged,
          atDrift,
          atEnd,
          published,
          held,
          rolledBack,
          nanos / 1e9);
    }
  }

  private TrainerConfig config(Path model, long seed) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "reslora.model.directory=" + model,
                "reslora.training.seed=" + seed,
                "reslora.baseline.every=4",
                "reslora.baseline.warmup-examples=160",
                "reslora.snapshot.every-steps=6"));
    words.addAll(options);
    return ConfigSource.trainer(words);
  }
}
