package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A frozen model on a device, with its kernels, as training, merging and serving know it: they are
 * the same for every family. Serves any number of adapters and threads at once; knows no adapter.
 * Owner of the frozen tensors.
 */
public sealed interface BaseModel extends AutoCloseable permits BertBase, LlamaBase {

  /**
   * What a base is opened for.
   *
   * @param cls whether only first tokens are wanted: the last layer is computed for them alone
   * @param bfloat16 whether the frozen products are bfloat16; norms and residuals stay float32
   * @param recompute whether a step computes a layer's activations again for its backward instead
   *     of keeping them all (language models)
   */
  record Variant(boolean cls, boolean bfloat16, boolean recompute) {

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
  record Outcome(float[] losses, int[] predictions, float[] confidences) {}

  /**
   * What a pass without training gives.
   *
   * @param logits of each packed sequence, [S, labels]; of a language model those of the token
   *     after it, [S, vocabulary]
   * @param pooled vectors that the logits are made of, [S, hidden]
   * @param hidden last hidden states, [T, hidden]; of the first tokens alone with cls
   * @param inputs what each site read
   */
  record Inference(NDArray logits, NDArray pooled, NDArray hidden, List<NDArray> inputs) {}

  /**
   * Loads a base model.
   *
   * @param device cpu, or cuda:0, ...
   * @throws ModelFileException when the directory is not a model of a known family, naming why
   */
  static BaseModel open(Path path, String device, Variant variant) throws IOException {
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
  ModelConfig config();

  /** What the model calls itself. */
  String name();

  /** SHA-256, hex, of weights and configuration. */
  String digest();

  /** Owner of the frozen tensors; parent for the tensors of adapters and steps. */
  NDManager manager();

  Kernel kernel();

  /** Every projection that can be adapted, in execution order. */
  List<Projection> projections();

  /** For each site, whether only the pooled tokens' rows pass. */
  List<Boolean> pooled();

  /** The frozen weight of a projection, [out, in], read from the directory. */
  float[] weight(Projection projection) throws IOException;

  /** Packs sequences for this model; each at most {@link ModelConfig#maxTokens} long. */
  PackedBatch pack(NDManager owner, List<PackedBatch.Sequence> sequences);

  /**
   * Tests a batch and adds the gradient of its weighted mean cross entropy to the adapter's.
   *
   * @param targets in the caller's order: label of each sequence; for a language model the first of
   *     its tokens that is predicted, those before it are given
   * @param weights of each prediction of a sequence, in the caller's order, summing to 1 over all
   * @param dropout on the adapter's inputs
   * @param seed the masks' key: a function of adapter and step
   */
  Outcome train(
      PackedBatch batch,
      LiveAdapter adapter,
      int[] targets,
      float[] weights,
      double dropout,
      long seed);

  /** Tests a batch, without training. */
  Outcome test(PackedBatch batch, LiveAdapter adapter, int[] targets);

  /**
   * How two adapters' answers differ: sums over all predictions.
   *
   * @param predictions how many
   * @param divergence KL(live || other), nats
   * @param agreements equal best answers
   * @param lossChange loss of other minus loss of live, nats
   */
  record Comparison(long predictions, double divergence, double agreements, double lossChange) {}

  /**
   * Compares two adapters on a batch.
   *
   * @param live what the batch's pass gave with one
   */
  Comparison compare(PackedBatch batch, Inference live, LiveAdapter other, int[] targets);

  /** Runs a batch without dropout or training; the owner owns what it gives. */
  Inference infer(NDManager owner, PackedBatch batch, LiveAdapter adapter);

  @Override
  void close();
}
