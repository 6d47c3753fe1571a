package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** A Llama's frozen tensors in the order of {@code llama.py}. */
final class LlamaWeights {

  private final FrozenTensors tensors;
  private final LlamaConfig config;
  private final boolean packed;

  private LlamaWeights(FrozenTensors tensors, LlamaConfig config, boolean packed) {
    this.tensors = tensors;
    this.config = config;
    this.packed = packed;
  }

  /**
   * Reads, fuses and packs everything.
   *
   * @param packed whether weights are packed; if not, the backward reads the forward's
   * @throws ModelFileException when a tensor is missing or of another shape
   */
  static List<NDArray> load(FrozenTensors tensors, LlamaConfig config, boolean packed)
      throws IOException {
    LlamaWeights weights = new LlamaWeights(tensors, config, packed);
    int hidden = config.hidden();
    int vocabulary = config.vocabulary();
    tensors.cast(tensors.read("model.embed_tokens.weight", vocabulary, hidden), vocabulary, hidden);
    tensors.plain("model.norm.weight", hidden);
    if (config.tied()) {
      tensors.again(0);
    } else {
      tensors.cast(tensors.read("lm_head.weight", vocabulary, hidden), vocabulary, hidden);
    }
    float[] frequencies = config.rope().frequencies(config.headWidth());
    tensors.plain(frequencies, frequencies.length);
    List<ProjectionShape> projections = config.projections();
    for (int n = 0; n < config.layers(); n++) {
      weights.layer(n, projections.subList(7 * n, 7 * n + 7));
    }
    return tensors.tensors();
  }

  private void layer(int number, List<ProjectionShape> projections) throws IOException {
    String name = LlamaConfig.layer(number);
    tensors.plain(name + "input_layernorm.weight", config.hidden());
    product(projections.subList(0, 3));
    if (config.options().normedHeads()) {
      headNorms(name + "self_attn.");
    } else {
      tensors.none();
    }
    product(projections.subList(3, 4));
    tensors.plain(name + "post_attention_layernorm.weight", config.hidden());
    product(projections.subList(4, 6));
    product(projections.subList(6, 7));
  }

  /** Projections of one input as one product: W, bias, W^T. */
  private void product(List<ProjectionShape> parts) throws IOException {
    int in = parts.get(0).in();
    int[] rows = parts.stream().mapToInt(ProjectionShape::out).toArray();
    int out = Arrays.stream(rows).sum();
    float[] weight = tensors.fused(names(parts, ".weight"), rows, in);
    tensors.pack(weight, out, in);
    int place = tensors.tensors().size() - 1;
    if (config.hasBias(parts.get(0))) {
      tensors.cast(tensors.fused(names(parts, ".bias"), rows, 1), out);
    } else {
      tensors.none();
    }
    if (packed) {
      tensors.packTransposed(weight, out, in);
    } else {
      tensors.again(place);
    }
  }

  private static List<String> names(List<ProjectionShape> parts, String kind) {
    return parts.stream().map(part -> part.module() + kind).toList();
  }

  /** The norm's weight of every head of q, then of every head of k. */
  private void headNorms(String attention) throws IOException {
    int width = config.headWidth();
    float[] q = tensors.read(attention + "q_norm.weight", width);
    float[] k = tensors.read(attention + "k_norm.weight", width);
    int heads = config.heads() + config.keyValueHeads();
    float[] all = new float[heads * width];
    for (int head = 0; head < heads; head++) {
      System.arraycopy(head < config.heads() ? q : k, 0, all, head * width, width);
    }
    tensors.plain(all, heads, width);
  }
}
