package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A frozen causal language model of the Llama family. */
public final class LlamaBase extends BaseModel {

  private final LlamaConfig config;
  private final Arguments arguments;
  private final boolean bfloat16;
  private final boolean recompute;

  LlamaBase(LlamaConfig config, HuggingFaceDirectory directory, NDManager manager, Variant variant)
      throws IOException {
    super(directory, manager, "llama", placed(config));
    this.config = config;
    this.bfloat16 = variant.bfloat16();
    this.recompute = variant.recompute();
    boolean packed = FrozenTensors.packs(manager);
    FrozenTensors tensors = new FrozenTensors(directory, kernel(), manager, variant.bfloat16());
    this.arguments =
        new Arguments()
            .tensors(LlamaWeights.load(tensors, config, packed))
            .integers(
                config.layers(),
                config.heads(),
                config.keyValueHeads(),
                config.headWidth(),
                config.options().normedHeads() ? 1 : 0)
            .real(config.normEps())
            .integer(FrozenTensors.type(variant.bfloat16()))
            .flag(packed)
            .flag(packed && !variant.bfloat16());
  }

  @Override
  public LlamaConfig config() {
    return config;
  }

  /** Where projections read and write: q, k and v are one product, gate and up another. */
  private static List<Projection> placed(LlamaConfig config) {
    int queries = config.heads() * config.headWidth();
    int keys = config.keyValueHeads() * config.headWidth();
    List<Projection> projections = new ArrayList<>();
    for (ProjectionShape shape : config.projections()) {
      int number = projections.size() % 7;
      int site = 4 * (projections.size() / 7) + List.of(0, 0, 0, 1, 2, 2, 3).get(number);
      int column =
          switch (number) {
            case 1 -> queries;
            case 2 -> queries + keys;
            case 5 -> config.intermediate();
            default -> 0;
          };
      projections.add(placed(shape, site, column));
    }
    return projections;
  }

  @Override
  public List<Boolean> pooled() {
    return Collections.nCopies(4 * config.layers(), false);
  }

  @Override
  int firstPosition() {
    return 0;
  }

  @Override
  Outcome step(
      boolean train,
      PackedBatch batch,
      Owners owners,
      int[] targets,
      float[] weights,
      double dropout,
      long seed,
      @Nullable Teacher teacher) {
    Predicted predicted = Predicted.of(batch, targets);
    float[] shares = new float[predicted.sequences.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = weights[predicted.sequences[i]];
    }
    try (NDManager scope = manager().newSubManager()) {
      NDArray rows = predicted.rows(scope);
      List<NDArray> taught =
          teacher == null ? List.of() : List.of(vectors(scope, batch, rows, teacher.adapter()));
      float[] losses =
          Torch.floats(
              kernel()
                  .call("llama_step")
                  .flag(train)
                  .flag(recompute)
                  .tensor(batch.tokens())
                  .integers(batch.groups())
                  .tensor(rows)
                  .tensor(Torch.floats(scope, shares, shares.length))
                  .with(arguments)
                  .tensors(owners.params())
                  .tensors(owners.grads())
                  .tensor(owners.tokens(scope, batch))
                  .with(owners.plan())
                  .integer(seed & Long.MAX_VALUE)
                  .real(dropout)
                  .tensors(taught)
                  .real(teacher == null ? 0 : teacher.weight())
                  .tensor(scope));
      double[] sums = new double[targets.length];
      for (int i = 0; i < losses.length; i++) {
        sums[predicted.sequences[i]] += losses[i];
      }
      float[] each = new float[sums.length];
      for (int i = 0; i < each.length; i++) {
        each[i] = (float) sums[i];
      }
      return new Outcome(each, new int[0], new float[0]);
    }
  }

  private NDArray vectors(NDManager owner, PackedBatch batch, NDArray rows, LiveAdapter adapter) {
    return kernel()
        .call("llama_vectors")
        .tensor(batch.tokens())
        .integers(batch.groups())
        .tensor(rows)
        .with(arguments)
        .tensor(adapter.params())
        .with(adapter.arguments())
        .tensor(owner);
  }

  /**
   * The tokens of a packed batch whose next one is predicted.
   *
   * @param tokens their places
   * @param sequences the caller's index of the sequence of each
   */
  private record Predicted(long[] tokens, int[] sequences) {

    /** From the first token of each sequence that is predicted; the very first never is. */
    static Predicted of(PackedBatch batch, int[] from) {
      long[] tokens = new long[batch.size()];
      int[] sequences = new int[batch.size()];
      int count = 0;
      int begin = 0;
      int[] lengths = batch.lengths();
      for (int i = 0; i < lengths.length; i++) {
        int sequence = batch.order()[i];
        for (int t = Math.max(1, from[sequence]); t < lengths[i]; t++) {
          tokens[count] = (long) begin + t - 1;
          sequences[count++] = sequence;
        }
        begin += lengths[i];
      }
      if (count == 0) {
        throw new IllegalArgumentException("no token is predicted");
      }
      return new Predicted(Arrays.copyOf(tokens, count), Arrays.copyOf(sequences, count));
    }

    NDArray rows(NDManager owner) {
      return Torch.integers(owner, tokens, tokens.length);
    }
  }

  @Override
  public Inference infer(NDManager owner, PackedBatch batch, LiveAdapter adapter) {
    List<List<NDArray>> result =
        kernel()
            .call("llama_infer")
            .tensor(batch.tokens())
            .integers(batch.groups())
            .tensor(lastTokens(owner, batch))
            .with(arguments)
            .tensor(adapter.params())
            .with(adapter.arguments())
            .tuple(owner);
    return new Inference(
        result.get(0).get(0), result.get(1).get(0), result.get(2).get(0), result.get(3));
  }

  /** Places of the sequences' last tokens, in the packed order. */
  private static NDArray lastTokens(NDManager owner, PackedBatch batch) {
    int[] lengths = batch.lengths();
    long[] last = new long[lengths.length];
    long at = -1;
    for (int i = 0; i < lengths.length; i++) {
      at += lengths[i];
      last[i] = at;
    }
    return Torch.integers(owner, last, last.length);
  }

  @Override
  public Comparison compare(PackedBatch batch, Inference live, LiveAdapter other, int[] targets) {
    Predicted predicted = Predicted.of(batch, targets);
    try (NDManager scope = manager().newSubManager()) {
      double[] sums =
          kernel()
              .call("llama_divergence")
              .tensor(live.hidden())
              .tensor(infer(scope, batch, other).hidden())
              .tensor(batch.tokens())
              .tensor(predicted.rows(scope))
              .with(arguments)
              .tensor(scope)
              .toDoubleArray();
      return new Comparison(predicted.tokens.length, sums[0], sums[1], sums[2]);
    }
  }

  /**
   * Begins a text.
   *
   * @param adapter must stay valid as long as the decoder is used
   * @param capacity most tokens of the text
   */
  public Decoder decoder(LiveAdapter adapter, int capacity) {
    return new Decoder(this, adapter, capacity);
  }

  /** Room for the keys or the values of a layer, [key-value heads, capacity, d]. */
  NDArray emptyCache(NDManager owner, int capacity) {
    Shape shape = new Shape(config.keyValueHeads(), capacity, config.headWidth());
    try (NDArray zeros = owner.zeros(shape)) {
      return kernel()
          .call("pack")
          .tensor(zeros)
          .integer(FrozenTensors.type(bfloat16))
          .flag(false)
          .tensor(owner);
    }
  }

  /** Logits of the token after tokens [2, T] (ids, positions) of a text of that length so far. */
  NDArray decode(
      NDManager owner, NDArray tokens, int length, List<NDArray> cache, LiveAdapter adapter) {
    return kernel()
        .call("llama_decode")
        .tensor(tokens)
        .integer(length)
        .tensors(cache)
        .with(arguments)
        .tensor(adapter.params())
        .with(adapter.arguments())
        .tensor(owner);
  }

  @Override
  public void close() {
    arguments.close();
    super.close();
  }
}
