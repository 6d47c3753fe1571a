package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A random encoder, opened, with all that a step of an adapter on it needs. */
final class BertTrial implements AutoCloseable {

  static final int LABELS = 5;
  private static final AdamW ADAM = new AdamW(0.9, 0.999, 1e-8, 0.01, 1);
  private static final AdamW.Rates RATES = new AdamW.Rates(1e-2, 1e-2);

  final RandomEncoder encoder;
  final BaseModel base;
  final boolean cls;
  private final NDManager scope;

  private BertTrial(RandomEncoder encoder, BaseModel base, boolean cls) {
    this.encoder = encoder;
    this.base = base;
    this.cls = cls;
    this.scope = base.manager().newSubManager();
  }

  static BertTrial open(RandomEncoder encoder, Path directory, boolean cls, boolean bfloat16)
      throws IOException {
    BaseModel base =
        BaseModel.open(encoder.write(directory), "cpu", new BaseModel.Variant(cls, bfloat16));
    return new BertTrial(encoder, base, cls);
  }

  /** Sequences with their labels and weights. */
  record Batch(List<PackedBatch.Sequence> sequences, int[] targets, float[] weights) {

    /** The packed order: by length, then as given. */
    int[] order() {
      return IntStream.range(0, sequences.size())
          .boxed()
          .sorted(
              (i, j) ->
                  Integer.compare(sequences.get(i).ids().length, sequences.get(j).ids().length))
          .mapToInt(Integer::intValue)
          .toArray();
    }

    int tokens() {
      return sequences.stream().mapToInt(sequence -> sequence.ids().length).sum();
    }
  }

  /** A batch of sequences of these lengths, every other one with two segments. */
  static Batch batch(long seed, int... lengths) {
    Random random = new Random(seed);
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    int[] targets = new int[lengths.length];
    float[] weights = new float[lengths.length];
    float sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      int[] ids = random.ints(lengths[i], 0, RandomEncoder.VOCABULARY).toArray();
      int[] segments = i % 2 == 0 ? new int[0] : new int[ids.length];
      for (int t = ids.length / 2; t < segments.length; t++) {
        segments[t] = 1;
      }
      sequences.add(new PackedBatch.Sequence(ids, segments));
      targets[i] = random.nextInt(LABELS);
      weights[i] = 0.2f + random.nextFloat();
      sum += weights[i];
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
    return new Batch(sequences, targets, weights);
  }

  AdapterShape shape(ResLoraConfig config) {
    return AdapterShape.of(config, base.projections(), base.pooled());
  }

  /** Parameters with every factor and the head away from zero. */
  float[] params(AdapterShape shape) {
    Random random = new Random(3);
    float[] params = new float[shape.plan().size() + LABELS * (encoder.hidden + 1)];
    for (int i = 0; i < params.length; i++) {
      params[i] = (float) (0.15 * random.nextGaussian());
    }
    return params;
  }

  AdapterWeights adapter(AdapterShape shape, float[] params) {
    return AdapterWeights.of(
        scope, shape, encoder.hidden, LABELS, AdapterWeights.Numbers.fresh(params));
  }

  /** What a step found, and the gradients it added. */
  record Step(BaseModel.Outcome outcome, float[] gradient) {}

  /** One step of a new adapter, without an update. */
  Step step(AdapterShape shape, float[] params, Batch batch, double dropout, long seed) {
    return step(shape, params, batch, dropout, seed, 1);
  }

  /** Several such steps, whose gradients add up. */
  Step steps(AdapterShape shape, float[] params, Batch batch, int count) {
    return step(shape, params, batch, 0, 0, count);
  }

  private Step step(
      AdapterShape shape, float[] params, Batch batch, double dropout, long seed, int count) {
    try (NDManager step = scope.newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = adapter(shape, params)) {
      LiveAdapter live = weights.live(arguments);
      PackedBatch packed = base.packForTraining(step, batch.sequences);
      BaseModel.Outcome outcome =
          base.train(packed, live, batch.targets, batch.weights, dropout, seed);
      for (int i = 1; i < count; i++) {
        base.train(packed, live, batch.targets, batch.weights, dropout, seed);
      }
      return new Step(outcome, Torch.floats(weights.grads()));
    }
  }

  /** A step with its update: trains, adds the gradient to the sum, steps. */
  void learn(AdapterWeights weights, LiveAdapter live, Batch batch, double dropout, int step) {
    try (NDManager own = scope.newSubManager()) {
      PackedBatch packed = base.packForTraining(own, batch.sequences);
      base.train(packed, live, batch.targets, batch.weights, dropout, step);
      double norm =
          base.kernel()
              .call("accumulate")
              .tensor(weights.sum())
              .tensor(weights.grads())
              .flag(true)
              .real();
      double stepped = ADAM.step(base.kernel(), weights, RATES, step, 1).gradientNorm();
      if (!(norm > 0) || Math.abs(stepped / norm - 1) > 1e-9) {
        throw new IllegalStateException("gradient norm: summed " + norm + ", stepped " + stepped);
      }
    }
  }

  /** What a test without training finds. */
  Step test(AdapterShape shape, float[] params, Batch batch) {
    try (NDManager step = scope.newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = adapter(shape, params)) {
      PackedBatch packed = base.packForTraining(step, batch.sequences);
      BaseModel.Outcome outcome = base.test(packed, weights.live(arguments), batch.targets);
      return new Step(outcome, Torch.floats(weights.grads()));
    }
  }

  /** Pooled vectors [S, hidden] and logits [S, labels], in the packed order. */
  record Answer(float[] pooled, float[] logits) {}

  /** One pass of a new adapter. */
  Answer infer(AdapterShape shape, float[] params, Batch batch) {
    try (NDManager step = scope.newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = adapter(shape, params)) {
      PackedBatch packed = base.pack(step, batch.sequences);
      BaseModel.Inference inference = base.infer(step, packed, weights.live(arguments));
      return new Answer(Torch.floats(inference.pooled()), Torch.floats(inference.logits()));
    }
  }

  /**
   * The masks that a step drops with, [tokens, in] for each factor and member of its window; rows
   * that a pooled site does not have are 1.
   */
  List<float[]> masks(AdapterShape shape, Batch batch, double dropout, long seed) {
    List<float[]> masks = new ArrayList<>();
    int index = 0;
    for (int f = 0; f < shape.plan().targets().size(); f++) {
      int in = shape.plan().targets().get(f).in();
      boolean pooled = shape.plan().pooled().get(shape.plan().targets().get(f).site());
      for (int k = 0; k < shape.plan().windows().get(f).length; k++) {
        masks.add(mask(batch, in, pooled, index, dropout, seed));
        index++;
      }
    }
    return masks;
  }

  private float[] mask(Batch batch, int in, boolean pooled, int index, double dropout, long seed) {
    int rows = pooled ? batch.sequences.size() : batch.tokens();
    float[] mask = new float[batch.tokens() * in];
    try (NDManager step = scope.newSubManager()) {
      NDArray like = Torch.floats(step, new float[rows * in], rows, in);
      float[] own =
          Torch.floats(
              base.kernel()
                  .call("dropout_mask")
                  .integer(seed)
                  .integer(index)
                  .real(dropout)
                  .tensor(like)
                  .tensor(step));
      if (!pooled) {
        return own;
      }
      Arrays.fill(mask, 1);
      int at = 0;
      for (int i = 0; i < rows; i++) {
        System.arraycopy(own, i * in, mask, at * in, in);
        at += batch.sequences.get(batch.order()[i]).ids().length;
      }
      return mask;
    }
  }

  @Override
  public void close() {
    base.close();
  }
}
