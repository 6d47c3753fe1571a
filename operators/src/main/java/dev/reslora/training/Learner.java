package dev.reslora.training;

import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.AdapterWeights.Numbers;

/**
 * Weights that learn: an adapter with its head, or a head alone on the frozen model. Tests a
 * micro-batch, adds its gradient, and after so many of them takes an optimizer step.
 */
final class Learner implements AutoCloseable {

  private final BaseModel base;
  private final Settings settings;
  private final AdapterWeights weights;
  private long step;
  private int summed;

  /**
   * How it learns.
   *
   * @param shape which factors
   * @param arguments of the shape's plan; not owned
   * @param peak learning rates that the schedule scales
   * @param accumulation micro-batches to an optimizer step
   * @param dropout on the adapter's inputs
   */
  record Settings(
      AdapterShape shape,
      Arguments arguments,
      AdamW optimizer,
      Schedule schedule,
      AdamW.Rates peak,
      int accumulation,
      double dropout) {}

  /**
   * A micro-batch.
   *
   * @param targets rows of the sequences' labels
   * @param weights of the sequences' losses, summing to 1
   */
  record Batch(PackedBatch packed, int[] targets, float[] weights) {}

  /**
   * What came of a micro-batch.
   *
   * @param outcome of the test before the update
   * @param gradientNorm before clipping: of the step that it completed, else of the micro-batch
   * @param stepped whether an optimizer step was taken
   * @param updateNanos what that step took
   */
  record Lesson(BaseModel.Outcome outcome, double gradientNorm, boolean stepped, long updateNanos) {

    /** Whether loss and gradient were finite; if not, nothing changed. */
    boolean finite() {
      return Double.isFinite(gradientNorm) && finiteLoss(outcome);
    }
  }

  private Learner(BaseModel base, Settings settings, AdapterWeights weights) {
    this.base = base;
    this.settings = settings;
    this.weights = weights;
  }

  static Learner create(BaseModel base, Settings settings, long seed) {
    int hidden = base.config().hidden();
    return new Learner(
        base, settings, AdapterWeights.create(base.manager(), settings.shape, hidden, seed));
  }

  AdapterWeights weights() {
    return weights;
  }

  /** Optimizer steps taken. */
  long step() {
    return step;
  }

  /** Learning rate of the factors at the latest step. */
  double learningRate() {
    return settings.peak.factors() * settings.schedule.factor(Math.max(1, step));
  }

  LiveAdapter live() {
    return weights.live(settings.arguments);
  }

  /** Gives the head rows up to this many labels. */
  void growTo(int labels) {
    if (labels > weights.labels()) {
      weights.grow(labels - weights.labels());
    }
  }

  /** Tests without learning. */
  BaseModel.Outcome test(Batch batch) {
    return base.test(batch.packed, live(), batch.targets);
  }

  /**
   * Tests, then learns.
   *
   * @param seed key of the dropout masks
   */
  Lesson learn(Batch batch, long seed) {
    BaseModel.Outcome outcome =
        base.train(batch.packed, live(), batch.targets, batch.weights, settings.dropout, seed);
    double norm =
        base.kernel()
            .call("accumulate")
            .tensor(weights.sum())
            .tensor(weights.grads())
            .flag(finiteLoss(outcome))
            .real();
    Lesson lesson = new Lesson(outcome, norm, false, 0);
    if (!lesson.finite()) {
      return lesson;
    }
    summed++;
    if (summed < settings.accumulation) {
      return lesson;
    }
    long before = System.nanoTime();
    double factor = settings.schedule.factor(step + 1);
    AdamW.Rates rates =
        new AdamW.Rates(settings.peak.factors() * factor, settings.peak.head() * factor);
    double total = settings.optimizer.step(base.kernel(), weights, rates, step + 1, 1.0 / summed);
    summed = 0;
    step++;
    return new Lesson(outcome, total, true, System.nanoTime() - before);
  }

  private static boolean finiteLoss(BaseModel.Outcome outcome) {
    double sum = 0;
    for (float loss : outcome.losses()) {
      sum += loss;
    }
    return Double.isFinite(sum);
  }

  void write(Sections sections, String name) {
    Numbers numbers = weights.read();
    sections.put(
        name,
        out -> {
          out.writeLong(step);
          out.writeInt(summed);
          out.writeInt(weights.labels());
        });
    sections.put(name + ".params", numbers.params());
    sections.put(name + ".moment1", numbers.firstMoment());
    sections.put(name + ".moment2", numbers.secondMoment());
    if (summed > 0) {
      sections.put(name + ".sum", numbers.sum());
    }
  }

  /** The learner that {@link #write} wrote. */
  static Learner read(BaseModel base, Settings settings, Sections sections, String name) {
    record Progress(long step, int summed, int labels) {}
    Progress progress =
        sections.get(name, in -> new Progress(in.readLong(), in.readInt(), in.readInt()));
    int hidden = base.config().hidden();
    int size = AdapterWeights.size(settings.shape, hidden, progress.labels);
    Numbers numbers =
        new Numbers(
            sections.floats(name + ".params", size),
            progress.summed > 0 ? sections.floats(name + ".sum", size) : new float[size],
            sections.floats(name + ".moment1", size),
            sections.floats(name + ".moment2", size));
    AdapterWeights weights =
        AdapterWeights.of(base.manager(), settings.shape, hidden, progress.labels, numbers);
    Learner learner = new Learner(base, settings, weights);
    learner.step = progress.step;
    learner.summed = progress.summed;
    return learner;
  }

  @Override
  public void close() {
    weights.close();
  }
}
