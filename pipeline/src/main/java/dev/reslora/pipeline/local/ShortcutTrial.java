package dev.reslora.pipeline.local;

import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.MergeFidelity;
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
import java.util.List;

/**
 * One way of learning over one stream, without Kafka or Flink: test then train, once through.
 *
 * @param name what it is
 * @param shortcut residual path
 * @param alpha the scale is alpha / rank
 * @param learningRate of the factors; 0 leaves B = 0, so that the head alone learns
 */
public record ShortcutTrial(String name, Shortcut shortcut, double alpha, double learningRate) {

  private static final int RANK = 8;
  private static final double RATE = 1e-3;

  /**
   * The controls of a fair comparison: a shortcut's scale differs from LoRA's at the same alpha.
   */
  public static final List<ShortcutTrial> ALL =
      List.of(
          new ShortcutTrial("head alone", Shortcut.NONE, 8, 0),
          new ShortcutTrial("LoRA, scale s", Shortcut.NONE, 8, RATE),
          new ShortcutTrial("LoRA, scale 2s", Shortcut.NONE, 16, RATE),
          new ShortcutTrial("input, scale s", Shortcut.INPUT, 8, RATE),
          new ShortcutTrial("block, pre-num 1, scale s", Shortcut.BLOCK, 8, RATE),
          new ShortcutTrial("middle, pre-num 1, scale s", Shortcut.MIDDLE, 8, RATE));

  /**
   * What came of it.
   *
   * @param accuracy share predicted right before being trained on, over the whole stream
   * @param lateAccuracy the same over the last half
   * @param loss mean over the whole stream, nats
   * @param frozenAccuracy of the frozen model beside it
   * @param fidelity of the merge at the end
   */
  public record Result(
      double accuracy,
      double lateAccuracy,
      double loss,
      double frozenAccuracy,
      MergeFidelity fidelity) {}

  /**
   * Runs over the examples.
   *
   * @param pooling the model's own: mean or cls
   * @param seed of the factors' first values
   */
  public Result run(Path model, Pooling pooling, List<TokenizedExample> examples, long seed) {
    try (Trainer trainer = Trainer.open(config(model, pooling, seed));
        AdapterTraining adapter = trainer.create("trial")) {
      double correct = 0;
      double late = 0;
      double loss = 0;
      double frozen = 0;
      int seen = 0;
      int lateSeen = 0;
      for (TokenizedExample example : examples) {
        for (TrainingEvent event : adapter.offer(example)) {
          if (event instanceof TrainingEvent.Stepped step) {
            int count = step.report().getExamples();
            double right = step.report().getCorrect();
            correct += right;
            loss += step.report().getLoss() * count;
            frozen += step.report().getBaselineCorrect();
            seen += count;
            if (seen > examples.size() / 2) {
              late += right;
              lateSeen += count;
            }
          }
        }
      }
      TrainingEvent.SnapshotDue snapshot =
          (TrainingEvent.SnapshotDue) adapter.publish("end").get(0);
      return new Result(
          correct / seen, late / lateSeen, loss / seen, frozen / seen, snapshot.fidelity());
    }
  }

  private TrainerConfig config(Path model, Pooling pooling, long seed) {
    TrainingConfig training =
        new TrainingConfig(
            16,
            4096,
            1,
            learningRate,
            1e-2,
            new Schedule(Schedule.Kind.CONSTANT, 10, 1),
            0.9,
            0.999,
            1e-8,
            0.01,
            1.0,
            pooling,
            256,
            Precision.FLOAT32,
            seed,
            3,
            4096,
            Merge.AUTO,
            new BaselineConfig(1, 500));
    ResLoraConfig adapter =
        new ResLoraConfig(RANK, alpha, shortcut, 1, 0, List.of("query", "value"));
    return new TrainerConfig(
        model.toString(), "cpu", 1, adapter, training, new SnapshotSchedule(0, Duration.ZERO));
  }
}
