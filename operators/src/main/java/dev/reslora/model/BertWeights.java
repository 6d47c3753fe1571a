package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A BERT family encoder's frozen tensors in the order of {@code bert.py}: five of the embeddings;
 * for each layer the fused q-k-v, attention output, norm, intermediate, output, norm (weights and
 * biases), then the four weights transposed, for the backward; with cls pooling the last layer's q
 * and k-v apart.
 */
final class BertWeights {

  private final FrozenTensors tensors;
  private final BertConfig config;

  private BertWeights(FrozenTensors tensors, BertConfig config) {
    this.tensors = tensors;
    this.config = config;
  }

  /**
   * Reads, transposes and packs everything.
   *
   * @throws ModelFileException when a tensor is missing or of another shape
   */
  static List<NDArray> load(FrozenTensors tensors, BertConfig config, boolean cls)
      throws IOException {
    BertWeights weights = new BertWeights(tensors, config);
    int hidden = config.hidden();
    tensors.plain("embeddings.word_embeddings.weight", config.vocabulary(), hidden);
    tensors.plain("embeddings.position_embeddings.weight", config.positions(), hidden);
    tensors.plain("embeddings.token_type_embeddings.weight", config.typeVocabulary(), hidden);
    weights.norm("embeddings.LayerNorm");
    for (int n = 0; n < config.layers(); n++) {
      weights.layer("encoder.layer." + n + ".", cls && n == config.layers() - 1);
    }
    return tensors.tensors();
  }

  private void layer(String name, boolean apart) throws IOException {
    int hidden = config.hidden();
    int wide = config.intermediate();
    int[] rows = {hidden, hidden, hidden};
    float[] qkv = tensors.fused(names(name, ".weight"), rows, hidden);
    float[] qkvBias = tensors.fused(names(name, ".bias"), rows, 1);
    float[] attention = weight(name + "attention.output.dense", hidden, hidden);
    float[] up = weight(name + "intermediate.dense", wide, hidden);
    float[] down = weight(name + "output.dense", hidden, wide);
    tensors.pack(qkv, 3 * hidden, hidden);
    bias(qkvBias);
    tensors.pack(attention, hidden, hidden);
    bias(tensors.read(name + "attention.output.dense.bias", hidden));
    norm(name + "attention.output.LayerNorm");
    tensors.pack(up, wide, hidden);
    bias(tensors.read(name + "intermediate.dense.bias", wide));
    tensors.pack(down, hidden, wide);
    bias(tensors.read(name + "output.dense.bias", hidden));
    norm(name + "output.LayerNorm");
    tensors.packTransposed(qkv, 3 * hidden, hidden);
    tensors.packTransposed(attention, hidden, hidden);
    tensors.packTransposed(up, wide, hidden);
    tensors.packTransposed(down, hidden, wide);
    if (apart) {
      apart(qkv, qkvBias);
    }
  }

  /** q, then k and v, of fused rows. */
  private void apart(float[] qkv, float[] qkvBias) {
    int hidden = config.hidden();
    float[] q = Arrays.copyOfRange(qkv, 0, hidden * hidden);
    float[] kv = Arrays.copyOfRange(qkv, hidden * hidden, qkv.length);
    tensors.pack(q, hidden, hidden);
    bias(Arrays.copyOfRange(qkvBias, 0, hidden));
    tensors.pack(kv, 2 * hidden, hidden);
    bias(Arrays.copyOfRange(qkvBias, hidden, qkvBias.length));
    tensors.packTransposed(q, hidden, hidden);
    tensors.packTransposed(kv, 2 * hidden, hidden);
  }

  private float[] weight(String module, int out, int in) throws IOException {
    return tensors.read(module + ".weight", out, in);
  }

  private static List<String> names(String layer, String kind) {
    return Stream.of("query", "key", "value")
        .map(projection -> layer + "attention.self." + projection + kind)
        .toList();
  }

  private void norm(String module) throws IOException {
    tensors.plain(module + ".weight", config.hidden());
    tensors.plain(module + ".bias", config.hidden());
  }

  private void bias(float[] values) {
    tensors.cast(values, values.length);
  }
}
