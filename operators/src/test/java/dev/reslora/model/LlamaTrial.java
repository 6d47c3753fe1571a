package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A random language model, opened, with all that a step of an adapter on it needs. */
final class LlamaTrial implements AutoCloseable {

  final RandomLlama model;
  final LlamaBase base;
  private final NDManager scope;

  private LlamaTrial(RandomLlama model, LlamaBase base) {
    this.model = model;
    this.base = base;
    this.scope = base.manager().newSubManager();
  }

  static LlamaTrial open(RandomLlama model, Path directory, boolean bfloat16, boolean recompute)
      throws IOException {
    BaseModel.Variant variant = new BaseModel.Variant(false, bfloat16, recompute);
    return new LlamaTrial(
        model, (LlamaBase) BaseModel.open(model.write(directory), "cpu", variant));
  }

  /** Sequences, the first token of each that is predicted, and what each prediction weighs. */
  record Batch(List<PackedBatch.Sequence> sequences, int[] from, float[] weights) {

    int tokens() {
      return sequences.stream().mapToInt(sequence -> sequence.ids().length).sum();
    }
  }

  /** Sequences of these lengths, every other one a prompt and its completion. */
  Batch batch(long seed, int... lengths) {
    Random random = new Random(seed);
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    int[] from = new int[lengths.length];
    float[] weights = new float[lengths.length];
    float sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      int[] ids = random.ints(lengths[i], 0, model.config.vocabulary()).toArray();
      sequences.add(new PackedBatch.Sequence(ids, new int[0]));
      from[i] = i % 2 == 0 ? 1 : (lengths[i] + 1) / 2;
      weights[i] = 0.2f + random.nextFloat();
      sum += weights[i] * (lengths[i] - from[i]);
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
    return new Batch(sequences, from, weights);
  }

  AdapterShape shape(ResLoraConfig config) {
    return AdapterShape.of(config, base.projections(), base.pooled());
  }

  /** Parameters with every factor away from zero. */
  float[] params(AdapterShape shape) {
    Random random = new Random(3);
    float[] params = new float[shape.plan().size()];
    for (int i = 0; i < params.length; i++) {
      params[i] = (float) (0.15 * random.nextGaussian());
    }
    return params;
  }

  AdapterWeights adapter(AdapterShape shape, float[] params) {
    return AdapterWeights.of(
        scope, shape, model.config.hidden(), 0, AdapterWeights.Numbers.fresh(params));
  }

  /** What a step found, and the gradients it added. */
  record Step(BaseModel.Outcome outcome, float[] gradient) {}

  /** One step of a new adapter, without an update. */
  Step step(AdapterShape shape, float[] params, Batch batch, double dropout, long seed) {
    try (NDManager step = scope.newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = adapter(shape, params)) {
      BaseModel.Outcome outcome =
          base.train(
              base.packForTraining(step, batch.sequences),
              weights.live(arguments),
              batch.from,
              batch.weights,
              dropout,
              seed);
      return new Step(outcome, Torch.floats(weights.grads()));
    }
  }

  /** What a test without training finds. */
  Step test(AdapterShape shape, float[] params, Batch batch) {
    try (NDManager step = scope.newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = adapter(shape, params)) {
      BaseModel.Outcome outcome =
          base.test(
              base.packForTraining(step, batch.sequences), weights.live(arguments), batch.from);
      return new Step(outcome, Torch.floats(weights.grads()));
    }
  }

  /** The masks that a step drops with, [tokens, in] for each factor and member of its window. */
  List<float[]> masks(AdapterShape shape, Batch batch, double dropout, long seed) {
    List<float[]> masks = new ArrayList<>();
    for (int f = 0; f < shape.plan().targets().size(); f++) {
      int in = shape.plan().targets().get(f).in();
      for (int k = 0; k < shape.plan().windows().get(f).length; k++) {
        try (NDManager step = scope.newSubManager()) {
          NDArray like = Torch.floats(step, new float[batch.tokens() * in], batch.tokens(), in);
          masks.add(
              Torch.floats(
                  base.kernel()
                      .call("dropout_mask")
                      .integer(seed)
                      .integer(masks.size())
                      .real(dropout)
                      .tensor(like)
                      .tensor(step)));
        }
      }
    }
    return masks;
  }

  @Override
  public void close() {
    base.close();
  }
}
