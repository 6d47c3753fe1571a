package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.PackedBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bare step loop of one adapter: what a training subtask does for a micro-batch, without the
 * stream around it. Benchmarks measure it, alone and against a whole job. Not thread-safe.
 */
public final class StepLoop implements AutoCloseable {

  private static final long SEED = 1;

  private final Trainer trainer;
  private final Learner learner;

  private StepLoop(Trainer trainer, Learner learner) {
    this.trainer = trainer;
    this.learner = learner;
  }

  /**
   * Opens the base model, or joins the one that is open, with a new adapter.
   *
   * @param labels rows of its classifier
   * @throws IllegalArgumentException naming option, expectation and finding
   */
  public static StepLoop open(TrainerConfig config, int labels) {
    Trainer trainer = Trainer.open(config);
    Learner learner = trainer.learner(SEED).held();
    learner.growTo(labels);
    return new StepLoop(trainer, learner);
  }

  /**
   * Takes one optimizer step: packs, tests, adds the gradient, updates.
   *
   * @param targets row of each sequence's label
   * @return mean loss before the update, nats
   */
  public double step(List<PackedBatch.Sequence> sequences, int[] targets) {
    try (NDManager scope = trainer.base().manager().newSubManager()) {
      Learner.Batch batch = pack(scope, sequences, targets);
      float[] losses = learner.learn(batch, seed()).outcome().losses();
      double sum = 0;
      for (float loss : losses) {
        sum += loss;
      }
      return sum / losses.length;
    }
  }

  /**
   * What an adapter learns from in a step.
   *
   * @param targets row of each sequence's label
   */
  public record Batch(List<PackedBatch.Sequence> sequences, int[] targets) {}

  /** Takes an optimizer step of each, with one pass over the base; no two may be the same. */
  public static void stepTogether(List<StepLoop> loops, List<Batch> batches) {
    try (NDManager scope = loops.get(0).trainer.base().manager().newSubManager()) {
      List<Learner.Batch> packed = new ArrayList<>();
      for (Batch batch : batches) {
        packed.add(loops.get(packed.size()).pack(scope, batch.sequences, batch.targets));
      }
      List<Portions.Taken> taken =
          Learner.gradients(
              loops.stream().map(loop -> loop.learner).toList(),
              packed,
              loops.stream().map(StepLoop::seed).toList());
      for (int i = 0; i < taken.size(); i++) {
        StepLoop loop = loops.get(i);
        loop.learner.learn(packed.get(i), taken.get(i), loop.seed());
      }
    }
  }

  private Learner.Batch pack(NDManager scope, List<PackedBatch.Sequence> sequences, int[] targets) {
    float[] weights = new float[targets.length];
    Arrays.fill(weights, 1f / targets.length);
    return new Learner.Batch(trainer.base().packForTraining(scope, sequences), targets, weights);
  }

  private long seed() {
    return Seeds.dropout(SEED, learner.step());
  }

  /** Floating-point operations of a step on sequences of these lengths, see {@link StepFlops}. */
  public double flops(int[] lengths) {
    return StepFlops.of(trainer.base().projections(), learner.weights().shape().plan(), lengths);
  }

  @Override
  public void close() {
    learner.close();
    trainer.close();
  }
}
