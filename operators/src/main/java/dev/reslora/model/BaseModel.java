package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A frozen model on a device, with its kernels, as training, merging and serving know it: they are
 * the same for every family. Serves any number of adapters and threads at once; knows no adapter.
 * Owner of the frozen tensors.
 */
public abstract sealed class BaseModel implements AutoCloseable permits BertBase, LlamaBase {

  /**
   * oneDNN builds a kernel for every number of rows that it has not seen, and keeps 1,024: batches
   * of mixed lengths would rarely find theirs.
   */
  private static final int TOKEN_MULTIPLE = 16;

  private final String name;
  private final String digest;
  private final Path directory;
  private final NDManager manager;
  private final Kernel kernel;
  private final List<Projection> projections;

  /**
   * Compiles the family's kernels.
   *
   * @param manager owner of all that is allocated, from here on this model's
   * @param source the family's own kernels, a resource as {@link Kernel#load} takes it
   */
  BaseModel(
      HuggingFaceDirectory directory,
      NDManager manager,
      String source,
      List<Projection> projections)
      throws IOException {
    this.name = directory.name();
    this.digest = directory.digest();
    this.directory = directory.path();
    this.manager = manager;
    this.kernel = Kernel.load(manager, "reslora", "attention", source, "merge");
    this.projections = List.copyOf(projections);
  }

  /**
   * What a base is opened for.
   *
   * @param cls whether only first tokens are wanted: the last layer is computed for them alone
   * @param bfloat16 whether the frozen products are bfloat16; norms and residuals stay float32
   * @param recompute whether a step computes a layer's activations again for its backward instead
   *     of keeping them all (language models)
   */
  public record Variant(boolean cls, boolean bfloat16, boolean recompute) {

    /** Without recompute. */
    public Variant(boolean cls, boolean bfloat16) {
      this(cls, bfloat16, false);
    }
  }

  /**
   * What a test-then-train pass found, before the update, in the caller's order.
   *
   * @param losses cross entropy of each sequence, nats; of a language model the sum over its
   *     predicted tokens
   * @param predictions best label of each sequence; none of a language model
   * @param confidences probability of that label; none of a language model
   */
  public record Outcome(float[] losses, int[] predictions, float[] confidences) {

    /** Those of one batch after the other. */
    public static Outcome joined(List<Outcome> outcomes) {
      FloatBuffer losses = FloatBuffer.allocate(count(outcomes, each -> each.losses.length));
      IntBuffer predictions = IntBuffer.allocate(count(outcomes, each -> each.predictions.length));
      FloatBuffer confidences =
          FloatBuffer.allocate(count(outcomes, each -> each.confidences.length));
      for (Outcome each : outcomes) {
        losses.put(each.losses);
        predictions.put(each.predictions);
        confidences.put(each.confidences);
      }
      return new Outcome(losses.array(), predictions.array(), confidences.array());
    }

    /** Those of some of its sequences. */
    public Outcome part(int from, int to) {
      boolean classifies = predictions.length > 0;
      return new Outcome(
          Arrays.copyOfRange(losses, from, to),
          classifies ? Arrays.copyOfRange(predictions, from, to) : predictions,
          classifies ? Arrays.copyOfRange(confidences, from, to) : confidences);
    }

    private static int count(List<Outcome> outcomes, ToIntFunction<Outcome> length) {
      return outcomes.stream().mapToInt(length).sum();
    }
  }

  /**
   * What a pass without training gives.
   *
   * @param logits of each packed sequence, [S, labels]; of a language model those of the token
   *     after it, [S, vocabulary]
   * @param pooled vectors that the logits are made of, [S, hidden]
   * @param hidden last hidden states, [T, hidden]; of the first tokens alone with cls
   * @param inputs what each site read
   */
  public record Inference(NDArray logits, NDArray pooled, NDArray hidden, List<NDArray> inputs) {}

  /**
   * Loads a base model.
   *
   * @param device cpu, or cuda:0, ...
   * @throws ModelFileException when the directory is not a model of a known family, naming why
   */
  public static BaseModel open(Path path, String device, Variant variant) throws IOException {
    try (HuggingFaceDirectory directory = HuggingFaceDirectory.open(path)) {
      ModelConfig config = ModelConfig.of(directory);
      NDManager manager = Torch.manager(device);
      try {
        return config instanceof LlamaConfig llama
            ? new LlamaBase(llama, directory, manager, variant)
            : new BertBase((BertConfig) config, directory, manager, variant);
      } catch (IOException | RuntimeException e) {
        manager.close();
        throw e;
      }
    }
  }

  /** Its shape. */
  public abstract ModelConfig config();

  /** What the model calls itself. */
  public final String name() {
    return name;
  }

  /** SHA-256, hex, of weights and configuration. */
  public final String digest() {
    return digest;
  }

  /** Owner of the frozen tensors; parent for the tensors of adapters and steps. */
  public final NDManager manager() {
    return manager;
  }

  public final Kernel kernel() {
    return kernel;
  }

  /** Every projection that can be adapted, in execution order. */
  public final List<Projection> projections() {
    return projections;
  }

  /** A projection at a site, writing from a column of the site's product on. */
  static Projection placed(ProjectionShape shape, int site, int column) {
    String chain = shape.module().replaceFirst("(layers?)\\.\\d+\\.", "$1.");
    return new Projection(shape.module(), chain, shape.in(), shape.out(), site, column);
  }

  /** For each site, whether only the pooled tokens' rows pass. */
  public abstract List<Boolean> pooled();

  /** The frozen weight of a projection, [out, in], read from the directory. */
  public final float[] weight(Projection projection) throws IOException {
    try (HuggingFaceDirectory files = HuggingFaceDirectory.open(directory)) {
      return files.tensor(projection.module() + ".weight", projection.out(), projection.in());
    }
  }

  /** Position of a text's first token. */
  abstract int firstPosition();

  /** Packs sequences for this model; each at most {@link ModelConfig#maxTokens} long. */
  public final PackedBatch pack(NDManager owner, List<PackedBatch.Sequence> sequences) {
    return PackedBatch.of(owner, sequences, firstPosition(), 1);
  }

  /**
   * Packs sequences for {@link #train} and {@link #test}, filled up to a multiple of {@value
   * #TOKEN_MULTIPLE} tokens. The filler has no loss, hence no gradient, and comes last, so that the
   * dropout masks of the others stay what they are.
   */
  public final PackedBatch packForTraining(NDManager owner, List<PackedBatch.Sequence> sequences) {
    return PackedBatch.of(owner, sequences, firstPosition(), TOKEN_MULTIPLE);
  }

  /**
   * Tests a batch and adds the gradient of its weighted mean cross entropy to the adapter's.
   *
   * @param targets in the caller's order: label of each sequence; for a language model the first of
   *     its tokens that is predicted, those before it are given
   * @param weights of each prediction of a sequence, in the caller's order, summing to 1 over all
   * @param dropout on the adapter's inputs
   * @param seed the masks' key: a function of adapter and step
   */
  public final Outcome train(
      PackedBatch batch,
      LiveAdapter adapter,
      int[] targets,
      float[] weights,
      double dropout,
      long seed) {
    return train(batch, adapter, targets, weights, dropout, seed, null);
  }

  /**
   * Who is not to be forgotten: to each prediction's loss is added how far the learner's answer
   * diverges from this one's, weight KL(its || the learner's), temperature 1, in nats.
   *
   * @param adapter answers without dropout; does not learn
   * @param labels classes that it knows, the first of the learner's; a language model has none
   */
  public record Teacher(LiveAdapter adapter, int labels, double weight) {}

  /** The same, learning from a teacher too; what comes of the test is the cross entropy alone. */
  public final Outcome train(
      PackedBatch batch,
      LiveAdapter adapter,
      int[] targets,
      float[] weights,
      double dropout,
      long seed,
      @Nullable Teacher teacher) {
    return step(true, batch, Owners.one(adapter), targets, weights, dropout, seed, teacher);
  }

  /**
   * Tests a batch of several adapters in one pass, and adds to each one's gradient what {@link
   * #train} adds for its own sequences, but for the last bits: those of a product depend on how
   * many rows it has.
   *
   * @param weights of each prediction of a sequence, summing to 1 over each adapter's own
   */
  public final Outcome trainTogether(
      PackedBatch batch, Owners owners, int[] targets, float[] weights, double dropout, long seed) {
    return step(true, batch, owners, targets, weights, dropout, seed, null);
  }

  /** Tests a batch, without training. */
  public final Outcome test(PackedBatch batch, LiveAdapter adapter, int[] targets) {
    return step(false, batch, Owners.one(adapter), targets, new float[targets.length], 0, 0, null);
  }

  abstract Outcome step(
      boolean train,
      PackedBatch batch,
      Owners owners,
      int[] targets,
      float[] weights,
      double dropout,
      long seed,
      @Nullable Teacher teacher);

  /**
   * Whose the sequences of a batch are.
   *
   * @param adapters of one plan
   * @param of in the caller's order, the place of each sequence's adapter; empty where there is one
   */
  public record Owners(List<LiveAdapter> adapters, int[] of) {

    /** All are one adapter's. */
    public static Owners one(LiveAdapter adapter) {
      return new Owners(List.of(adapter), new int[0]);
    }

    List<NDArray> params() {
      return adapters.stream().map(LiveAdapter::params).toList();
    }

    List<NDArray> grads() {
      return adapters.stream().map(LiveAdapter::grads).toList();
    }

    /** The same for all, as they are of one plan. */
    Arguments plan() {
      return adapters.get(0).arguments();
    }

    int[] labels() {
      return adapters.stream().mapToInt(LiveAdapter::labels).toArray();
    }

    /** First row of each sequence's classifier when they lie one below the other. */
    int[] firstRows(int sequences) {
      int[] of = this.of.length == 0 ? new int[sequences] : this.of;
      int[] labels = labels();
      int[] first = new int[labels.length];
      for (int k = 1; k < first.length; k++) {
        first[k] = first[k - 1] + labels[k - 1];
      }
      return IntStream.of(of).map(place -> first[place]).toArray();
    }

    /**
     * The owner of each packed token, [T] int64, the filler's the first; [0] where there is one.
     */
    NDArray tokens(NDManager owner, PackedBatch batch) {
      if (of.length == 0) {
        return Torch.integers(owner, new long[0], 0);
      }
      long[] tokens = new long[batch.size() + batch.filler()];
      int[] lengths = batch.lengths();
      int at = 0;
      for (int i = 0; i < lengths.length; i++) {
        Arrays.fill(tokens, at, at + lengths[i], of[batch.order()[i]]);
        at += lengths[i];
      }
      return Torch.integers(owner, tokens, tokens.length);
    }
  }

  /**
   * How two adapters' answers differ: sums over all predictions.
   *
   * @param predictions how many
   * @param divergence KL(live || other), nats
   * @param agreements equal best answers
   * @param lossChange loss of other minus loss of live, nats
   */
  public record Comparison(
      long predictions, double divergence, double agreements, double lossChange) {}

  /**
   * Compares two adapters on a batch.
   *
   * @param live what the batch's pass gave with one
   */
  public abstract Comparison compare(
      PackedBatch batch, Inference live, LiveAdapter other, int[] targets);

  /** Runs a batch without dropout or training; the owner owns what it gives. */
  public abstract Inference infer(NDManager owner, PackedBatch batch, LiveAdapter adapter);

  @Override
  public void close() {
    kernel.close();
    manager.close();
  }
}
