package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A frozen model on a device, with its kernels, as training, merging and serving know it: they are
 * the same for every family. Serves any number of adapters and threads at once; knows no adapter.
 * Owner of the frozen tensors.
 */
public sealed interface BaseModel extends AutoCloseable permits BertBase {

  /**
   * What a base is opened for.
   *
   * @param cls whether only first tokens are wanted: the last layer is computed for them alone
   * @param bfloat16 whether the frozen products are bfloat16; norms and residuals stay float32
   */
  record Variant(boolean cls, boolean bfloat16) {}

  /**
   * What a test-then-train pass found, before the update, in the caller's order.
   *
   * @param losses cross entropy of each sequence, nats
   * @param predictions best label of each sequence
   */
  record Outcome(float[] losses, int[] predictions) {}

  /**
   * What a pass without training gives.
   *
   * @param logits of each packed sequence, [S, labels]
   * @param pooled vectors, [S, hidden]
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
    return BertBase.open(path, device, variant);
  }

  /** What the model calls itself. */
  String name();

  /** SHA-256, hex, of weights and configuration. */
  String digest();

  /** Owner of the frozen tensors; parent for the tensors of adapters and steps. */
  NDManager manager();

  Kernel kernel();

  /** Width of a token's vector. */
  int hidden();

  /** Most tokens of a sequence, special tokens counted. */
  int maxTokens();

  /** Every projection that can be adapted, in execution order. */
  List<Projection> projections();

  /** For each site, whether only the pooled tokens' rows pass. */
  List<Boolean> pooled();

  /** The frozen weight of a projection, [out, in], read from the directory. */
  float[] weight(Projection projection) throws IOException;

  /** Packs sequences for this model; each at most {@link #maxTokens} long. */
  PackedBatch pack(NDManager owner, List<PackedBatch.Sequence> sequences);

  /**
   * Tests a batch and adds the gradient of its weighted mean cross entropy to the adapter's.
   *
   * @param targets label of each sequence, in the caller's order
   * @param weights of each sequence's loss, in the caller's order, summing to 1
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

  /** Runs a batch without dropout or training; the owner owns what it gives. */
  Inference infer(NDManager owner, PackedBatch batch, LiveAdapter adapter);

  @Override
  void close();
}
