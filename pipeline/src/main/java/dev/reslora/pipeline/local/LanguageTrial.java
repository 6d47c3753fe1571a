package dev.reslora.pipeline.local;

import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.AdapterTraining;
import dev.reslora.training.BaselineConfig;
import dev.reslora.training.Pooling;
import dev.reslora.training.Precision;
import dev.reslora.training.Schedule;
import dev.reslora.training.SnapshotSchedule;
import dev.reslora.training.Trainer;
import dev.reslora.training.TrainerConfig;
import dev.reslora.training.TrainingConfig;
import dev.reslora.training.TrainingEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One way of adapting a language model to a stream of texts, without Kafka or Flink: test then
 * train, once through, the frozen model beside it.
 *
 * @param name what it is
 * @param shortcut residual path
 * @param alpha the scale is alpha / rank
 * @param targets projections to adapt
 */
public record LanguageTrial(String name, Shortcut shortcut, double alpha, List<String> targets) {

  private static final int RANK = 8;
  private static final int WINDOWS = 8;
  private static final List<String> QUERY_VALUE = List.of("q_proj", "v_proj");
  private static final List<String> ALL_SEVEN = List.of(".*_proj");

  /** The shortcuts beside LoRA at the same and at matched scale. */
  public static final List<LanguageTrial> ALL =
      List.of(
          new LanguageTrial("LoRA q v, scale s", Shortcut.NONE, 8, QUERY_VALUE),
          new LanguageTrial("LoRA all seven, scale s", Shortcut.NONE, 8, ALL_SEVEN),
          new LanguageTrial("LoRA all seven, scale 2s", Shortcut.NONE, 16, ALL_SEVEN),
          new LanguageTrial("input all seven, scale s", Shortcut.INPUT, 8, ALL_SEVEN),
          new LanguageTrial("block all seven, scale s", Shortcut.BLOCK, 8, ALL_SEVEN),
          new LanguageTrial("middle all seven, scale s", Shortcut.MIDDLE, 8, ALL_SEVEN));

  /** Bits per byte of the adapted and the frozen model over the same texts. */
  public record Bits(double adapted, double frozen) {}

  /**
   * What came of it.
   *
   * @param whole over the stream, each text tested before it was trained on
   * @param windows the same over eighths of the stream, in order
   * @param tokens trained on
   * @param seconds that testing, training and the frozen model took
   * @param fidelity of the merge at the end
   */
  public record Result(
      Bits whole, List<Bits> windows, long tokens, double seconds, MergeFidelity fidelity) {}

  /**
   * Runs over the examples.
   *
   * @param seed of the factors' first values
   */
  public Result run(Path model, List<TokenizedExample> examples, long seed) {
    List<StepReport> reports = new ArrayList<>();
    try (Trainer trainer = Trainer.open(config(model, seed));
        AdapterTraining adapter = trainer.create("trial")) {
      long begin = System.nanoTime();
      for (TokenizedExample example : examples) {
        for (TrainingEvent event : adapter.offer(example)) {
          if (event instanceof TrainingEvent.Stepped step) {
            reports.add(step.report());
          }
        }
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      TrainingEvent.SnapshotDue snapshot =
          (TrainingEvent.SnapshotDue) adapter.publish("end").get(0);
      List<Bits> windows = new ArrayList<>();
      int windowCount = Math.min(WINDOWS, reports.size());
      for (int i = 0; i < windowCount; i++) {
        int from = i * reports.size() / windowCount;
        windows.add(bits(reports.subList(from, (i + 1) * reports.size() / windowCount)));
      }
      long tokens = reports.stream().mapToLong(StepReport::getTokens).sum();
      return new Result(bits(reports), windows, tokens, seconds, snapshot.fidelity());
    }
  }

  private static Bits bits(List<StepReport> reports) {
    double adapted = 0;
    double frozen = 0;
    double bytes = 0;
    for (StepReport report : reports) {
      adapted += report.getLoss() * report.getPredictions();
      frozen += report.getBaselineLoss() * report.getPredictions();
      bytes += report.getBytes();
    }
    return new Bits(adapted / Math.log(2) / bytes, frozen / Math.log(2) / bytes);
  }

  private TrainerConfig config(Path model, long seed) {
    TrainingConfig training =
        new TrainingConfig(
            16,
            4096,
            1,
            3e-3,
            0,
            new Schedule(Schedule.Kind.CONSTANT, 10, 1),
            0.9,
            0.999,
            1e-8,
            0,
            1.0,
            Pooling.MEAN,
            2,
            Precision.FLOAT32,
            seed,
            3,
            4096,
            Merge.AUTO,
            new BaselineConfig(1, 0));
    return new TrainerConfig(
        model.toString(),
        "cpu",
        1,
        new ResLoraConfig(RANK, alpha, shortcut, 1, 0, targets),
        training,
        new SnapshotSchedule(0, Duration.ZERO));
  }
}
