package dev.reslora.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.DeviceMemoryException;
import dev.reslora.nn.Handover;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.AdapterWeights.Numbers;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Weights that learn: an adapter with its head, or a head alone on the frozen model. Tests a
 * micro-batch, adds its gradient, and after so many of them takes an optimizer step.
 */
final class Learner implements AutoCloseable {

  private final BaseModel base;
  private final Settings settings;
  private final AdapterWeights weights;
  private final Retention retention;
  private long step;
  private int summed;

  /** Optimizer steps taken when the moments were zero. */
  private long momentsFrom;

  private double rateFactor = 1;

  /**
   * How it learns.
   *
   * @param shape which factors
   * @param arguments of the shape's plan; not owned
   * @param peak learning rates that the schedule scales
   * @param accumulation micro-batches to an optimizer step
   * @param dropout on the adapter's inputs
   * @param forgetting what is added to the loss
   */
  record Settings(
      AdapterShape shape,
      Arguments arguments,
      AdamW optimizer,
      Schedule schedule,
      AdamW.Rates peak,
      int accumulation,
      double dropout,
      ForgettingConfig forgetting) {}

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
   * @param updateRatio share of their norm by which the factors moved; nothing where no optimizer
   *     step was taken
   * @param updateNanos what that step took
   * @param portions that the batch was taken in, see {@link Portions}
   */
  record Lesson(
      BaseModel.Outcome outcome,
      double gradientNorm,
      @Nullable Double updateRatio,
      long updateNanos,
      int portions) {

    boolean stepped() {
      return updateRatio != null;
    }

    /** Whether loss and gradient were finite; if not, nothing changed. */
    boolean finite() {
      return Double.isFinite(gradientNorm) && finiteLoss(outcome);
    }
  }

  /**
   * How far it has come.
   *
   * @param step optimizer steps taken
   * @param summed micro-batches whose gradients are summed for the next
   * @param labels rows of the head
   */
  record Progress(long step, int summed, int labels) {

    static Progress read(Sections sections, String name) {
      return sections.get(name, in -> new Progress(in.readLong(), in.readInt(), in.readInt()));
    }
  }

  private Learner(BaseModel base, Settings settings, AdapterWeights weights) {
    this.base = base;
    this.settings = settings;
    this.weights = weights;
    this.retention = new Retention(base, settings, weights);
  }

  static Learner create(BaseModel base, Settings settings, long seed) {
    int hidden = base.config().hidden();
    return new Learner(
        base, settings, AdapterWeights.create(base.manager(), settings.shape, hidden, seed));
  }

  /** The learner of given numbers, with nothing behind it. */
  static Learner of(BaseModel base, Settings settings, int labels, float[] params) {
    Numbers numbers = Numbers.fresh(params);
    return new Learner(
        base,
        settings,
        AdapterWeights.of(base.manager(), settings.shape, base.config().hidden(), labels, numbers));
  }

  AdapterWeights weights() {
    return weights;
  }

  /** Optimizer steps taken. */
  long step() {
    return step;
  }

  /** Whether gradients are summed for a step that is not complete. */
  boolean sums() {
    return summed > 0;
  }

  /** Learning rate of the factors at the latest step. */
  double learningRate() {
    return settings.peak.factors() * settings.schedule.factor(Math.max(1, step)) * rateFactor;
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

  /** Learns from here on at so many times the configured rates. */
  void scaleRates(double factor) {
    rateFactor = factor;
  }

  /** Forgets AdamW's moments. */
  void resetMoments() {
    Numbers now = weights.read();
    float[] zero = new float[now.params().length];
    weights.become(weights.labels(), new Numbers(now.params(), now.sum(), zero, zero));
    momentsFrom = step;
  }

  /** Stays near where it is now, as configured; is closed when that fails. */
  Learner held() {
    return Handover.to(
        () -> {
          retention.begin();
          return this;
        },
        this::close);
  }

  /** What is done against forgetting. */
  Retention retention() {
    return retention;
  }

  /** Native bytes held. */
  long bytes() {
    return weights.bytes() + retention.bytes();
  }

  /** Goes on from other numbers, as if nothing had been learned after them. */
  void become(int labels, float[] params) {
    weights.become(labels, Numbers.fresh(params));
    retention.recenter(labels, params);
    summed = 0;
    momentsFrom = step;
  }

  /** Tests without learning. */
  BaseModel.Outcome test(Batch batch) {
    Portions.Pass pass = (packed, targets, none, seed) -> base.test(packed, live(), targets);
    return Portions.take(base, batch, batch.weights, 0, pass, () -> {}).outcome();
  }

  /** Tests, then learns from all of it. */
  Lesson learn(Batch batch, long seed) {
    return learn(batch, gradient(batch, seed, null), seed);
  }

  /** Learns from all of a batch that was tested and whose gradient was added. */
  Lesson learn(Batch batch, Portions.Taken taken, long seed) {
    double[] any = new double[batch.weights.length];
    Arrays.fill(any, Double.POSITIVE_INFINITY);
    return learn(batch, taken, seed, any, null);
  }

  /**
   * The same, but for sequences of too large a loss.
   *
   * @param taken by {@link #gradient} or {@link #gradients}
   * @param seed key of the dropout masks
   * @param largest loss of each sequence; what has a larger one is tested only, which costs such a
   *     batch a second pass
   * @param teacher whose answers it is to keep, if anybody's
   */
  Lesson learn(
      Batch batch,
      Portions.Taken taken,
      long seed,
      double[] largest,
      BaseModel.@Nullable Teacher teacher) {
    BaseModel.Outcome outcome = taken.outcome();
    float[] lossWeights = batch.weights.clone();
    for (int i = 0; i < lossWeights.length; i++) {
      lossWeights[i] = outcome.losses()[i] > largest[i] ? 0 : lossWeights[i];
    }
    boolean finite = finiteLoss(outcome);
    if (finite && !Arrays.equals(lossWeights, batch.weights)) {
      accumulate(false);
      gradient(batch, lossWeights, seed, teacher);
    }
    double norm = finite ? keep(lossWeights) : accumulate(false);
    Lesson lesson = new Lesson(outcome, norm, null, 0, taken.count());
    if (!lesson.finite()) {
      return lesson;
    }
    summed++;
    if (summed < settings.accumulation) {
      return lesson;
    }
    long before = System.nanoTime();
    double factor = settings.schedule.factor(step + 1) * rateFactor;
    AdamW.Rates rates =
        new AdamW.Rates(settings.peak.factors() * factor, settings.peak.head() * factor);
    long moments = step + 1 - momentsFrom;
    AdamW.Update update =
        settings.optimizer.step(base.kernel(), weights, rates, moments, 1.0 / summed);
    summed = 0;
    if (!Double.isFinite(update.gradientNorm())) {
      return new Lesson(outcome, update.gradientNorm(), null, 0, taken.count());
    }
    step++;
    return new Lesson(
        outcome,
        update.gradientNorm(),
        update.updateRatio(),
        System.nanoTime() - before,
        taken.count());
  }

  /**
   * The same for several learners, in one pass where that can be: not where the device has no
   * memory for it, nor where something is not finite, which in shared products spreads to others.
   *
   * @param learners of the same settings, without teachers
   * @param seeds of each one's dropout masks when it is taken alone; the first one's of one pass
   */
  static List<Portions.Taken> gradients(
      List<Learner> learners, List<Batch> batches, List<Long> seeds) {
    try {
      BaseModel.Outcome outcome = together(learners, batches, seeds.get(0));
      if (finiteLoss(outcome) && finiteGradients(learners)) {
        return parts(outcome, batches);
      }
    } catch (DeviceMemoryException e) {
      // For each alone there may be enough.
    }
    List<Portions.Taken> taken = new ArrayList<>();
    for (int i = 0; i < learners.size(); i++) {
      learners.get(i).accumulate(false);
      taken.add(learners.get(i).gradient(batches.get(i), seeds.get(i), null));
    }
    return taken;
  }

  private static boolean finiteGradients(List<Learner> learners) {
    List<NDArray> gradients = learners.stream().map(each -> each.weights.grads()).toList();
    double norm = learners.get(0).base.kernel().call("total_norm").tensors(gradients).real();
    return Double.isFinite(norm);
  }

  private static BaseModel.Outcome together(
      List<Learner> learners, List<Batch> batches, long seed) {
    BaseModel base = learners.get(0).base;
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    IntStream.Builder owners = IntStream.builder();
    IntStream.Builder targets = IntStream.builder();
    int count = batches.stream().mapToInt(batch -> batch.targets.length).sum();
    FloatBuffer weights = FloatBuffer.allocate(count);
    for (int i = 0; i < batches.size(); i++) {
      Batch batch = batches.get(i);
      sequences.addAll(batch.packed.sequences());
      weights.put(batch.weights);
      for (int target : batch.targets) {
        owners.add(i);
        targets.add(target);
      }
    }
    try (NDManager scope = base.manager().newSubManager()) {
      return base.trainTogether(
          base.packForTraining(scope, sequences),
          new BaseModel.Owners(
              learners.stream().map(Learner::live).toList(), owners.build().toArray()),
          targets.build().toArray(),
          weights.array(),
          learners.get(0).settings.dropout,
          seed);
    }
  }

  private static List<Portions.Taken> parts(BaseModel.Outcome outcome, List<Batch> batches) {
    List<Portions.Taken> taken = new ArrayList<>();
    int from = 0;
    for (Batch batch : batches) {
      int to = from + batch.targets.length;
      taken.add(new Portions.Taken(outcome.part(from, to), 1));
      from = to;
    }
    return taken;
  }

  /** Tests a batch and adds its gradient, for {@link #learn} to keep or to drop. */
  Portions.Taken gradient(Batch batch, long seed, BaseModel.@Nullable Teacher teacher) {
    return gradient(batch, batch.weights, seed, teacher);
  }

  private Portions.Taken gradient(
      Batch batch, float[] lossWeights, long seed, BaseModel.@Nullable Teacher teacher) {
    Portions.Pass pass =
        (packed, targets, weights, key) ->
            base.train(packed, live(), targets, weights, settings.dropout, key, teacher);
    return Portions.take(base, batch, lossWeights, seed, pass, () -> accumulate(false));
  }

  /** Adds the micro-batch's gradient to the sum, or drops it; its norm. */
  private double accumulate(boolean keep) {
    return base.kernel()
        .call("accumulate")
        .tensor(weights.sum())
        .tensor(weights.grads())
        .flag(keep)
        .real();
  }

  /** Adds the micro-batch's gradient to the sum; its norm. */
  private double keep(float[] lossWeights) {
    return retention.gathers() ? retention.gather(lossWeights) : accumulate(true);
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
    if (momentsFrom > 0) {
      sections.put(name + ".moments-from", out -> out.writeLong(momentsFrom));
    }
    retention.write(sections, name);
  }

  /** The learner that {@link #write} wrote. */
  static Learner read(BaseModel base, Settings settings, Sections sections, String name) {
    Progress progress = Progress.read(sections, name);
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
    return Handover.to(() -> learner.goOn(sections, name, size), learner::close);
  }

  private Learner goOn(Sections sections, String name, int size) {
    if (sections.has(name + ".moments-from")) {
      momentsFrom = sections.get(name + ".moments-from", in -> in.readLong());
    }
    retention.read(sections, name, size);
    return this;
  }

  @Override
  public void close() {
    retention.close();
    weights.close();
  }
}
