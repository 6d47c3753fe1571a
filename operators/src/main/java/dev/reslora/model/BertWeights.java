package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A BERT family encoder's frozen tensors in the order of {@code bert.py}: five of the embeddings;
 * for each layer the fused q-k-v, attention output, norm, intermediate, output, norm (weights and
 * biases), then the four weights transposed, for the backward; with cls pooling the last layer's q
 * and k-v apart.
 */
final class BertWeights {

  private static final int FLOAT32 = 6;
  private static final int BFLOAT16 = 15;

  private final HuggingFaceDirectory directory;
  private final BertConfig config;
  private final Kernel kernel;
  private final NDManager owner;
  private final int dtype;
  private final boolean packed;
  private final List<NDArray> tensors = new ArrayList<>();

  private BertWeights(
      HuggingFaceDirectory directory,
      BertConfig config,
      Kernel kernel,
      NDManager owner,
      boolean bfloat16) {
    this.directory = directory;
    this.config = config;
    this.kernel = kernel;
    this.owner = owner;
    this.dtype = type(bfloat16);
    this.packed = packs(owner);
  }

  /** The kernels' number of the compute type. */
  static int type(boolean bfloat16) {
    return bfloat16 ? BFLOAT16 : FLOAT32;
  }

  /** Whether weights lie in oneDNN's layout: on CPUs. */
  static boolean packs(NDManager owner) {
    return !owner.getDevice().isGpu();
  }

  /**
   * Reads, transposes and packs everything.
   *
   * @throws ModelFileException when a tensor is missing or of another shape
   */
  static List<NDArray> load(
      HuggingFaceDirectory directory,
      BertConfig config,
      Kernel kernel,
      NDManager owner,
      boolean cls,
      boolean bfloat16)
      throws IOException {
    BertWeights weights = new BertWeights(directory, config, kernel, owner, bfloat16);
    int hidden = config.hidden();
    weights.plain("embeddings.word_embeddings.weight", config.vocabulary(), hidden);
    weights.plain("embeddings.position_embeddings.weight", config.positions(), hidden);
    weights.plain("embeddings.token_type_embeddings.weight", config.typeVocabulary(), hidden);
    weights.norm("embeddings.LayerNorm");
    for (int n = 0; n < config.layers(); n++) {
      weights.layer("encoder.layer." + n + ".", cls && n == config.layers() - 1);
    }
    return weights.tensors;
  }

  private void layer(String name, boolean apart) throws IOException {
    int hidden = config.hidden();
    int wide = config.intermediate();
    float[] qkv = fused(name, ".weight", hidden, hidden);
    float[] qkvBias = fused(name, ".bias", hidden);
    float[] attention = weight(name + "attention.output.dense", hidden, hidden);
    float[] up = weight(name + "intermediate.dense", wide, hidden);
    float[] down = weight(name + "output.dense", hidden, wide);
    pack(qkv, 3 * hidden, hidden);
    bias(qkvBias);
    pack(attention, hidden, hidden);
    bias(directory.tensor(name + "attention.output.dense.bias", hidden));
    norm(name + "attention.output.LayerNorm");
    pack(up, wide, hidden);
    bias(directory.tensor(name + "intermediate.dense.bias", wide));
    pack(down, hidden, wide);
    bias(directory.tensor(name + "output.dense.bias", hidden));
    norm(name + "output.LayerNorm");
    packTransposed(qkv, 3 * hidden, hidden);
    packTransposed(attention, hidden, hidden);
    packTransposed(up, wide, hidden);
    packTransposed(down, hidden, wide);
    if (apart) {
      apart(qkv, qkvBias);
    }
  }

  /** q, then k and v, of fused rows. */
  private void apart(float[] qkv, float[] qkvBias) {
    int hidden = config.hidden();
    float[] q = Arrays.copyOfRange(qkv, 0, hidden * hidden);
    float[] kv = Arrays.copyOfRange(qkv, hidden * hidden, qkv.length);
    pack(q, hidden, hidden);
    bias(Arrays.copyOfRange(qkvBias, 0, hidden));
    pack(kv, 2 * hidden, hidden);
    bias(Arrays.copyOfRange(qkvBias, hidden, qkvBias.length));
    packTransposed(q, hidden, hidden);
    packTransposed(kv, 2 * hidden, hidden);
  }

  private float[] weight(String module, int out, int in) throws IOException {
    return directory.tensor(module + ".weight", out, in);
  }

  /** A tensor of query, key and value, one after the other. */
  private float[] fused(String layer, String kind, long... shape) throws IOException {
    List<float[]> parts = new ArrayList<>();
    for (String projection : List.of("query", "key", "value")) {
      parts.add(directory.tensor(layer + "attention.self." + projection + kind, shape));
    }
    int size = parts.get(0).length;
    float[] all = new float[parts.size() * size];
    for (int i = 0; i < parts.size(); i++) {
      System.arraycopy(parts.get(i), 0, all, i * size, size);
    }
    return all;
  }

  private void norm(String module) throws IOException {
    plain(module + ".weight", config.hidden());
    plain(module + ".bias", config.hidden());
  }

  private void plain(String name, long... shape) throws IOException {
    add(directory.tensor(name, shape), FLOAT32, false, shape);
  }

  private void bias(float[] values) {
    add(values, dtype, false, values.length);
  }

  private void pack(float[] weight, int out, int in) {
    add(weight, dtype, packed, out, in);
  }

  private void packTransposed(float[] weight, int out, int in) {
    float[] transposed = new float[weight.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        transposed[i * out + o] = weight[o * in + i];
      }
    }
    add(transposed, dtype, packed, in, out);
  }

  private void add(float[] values, int type, boolean pack, long... shape) {
    try (NDArray java = Torch.floats(owner, values, shape)) {
      tensors.add(kernel.call("pack").tensor(java).integer(type).flag(pack).tensor(owner));
    }
  }
}
