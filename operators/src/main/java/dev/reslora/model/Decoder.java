package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.List;

/**
 * A text in the making: the keys and values of its tokens so far, so that the next one costs one
 * token's pass. Works with a live adapter, its shortcuts included, as with a merged one. Owner of
 * the keys and values; not thread-safe.
 */
public final class Decoder implements AutoCloseable {

  private final LlamaBase base;
  private final LiveAdapter adapter;
  private final NDManager manager;
  private final int capacity;
  private final List<NDArray> cache = new ArrayList<>();
  private int length;

  Decoder(LlamaBase base, LiveAdapter adapter, int capacity) {
    LlamaConfig config = base.config();
    if (capacity < 1 || capacity > config.maxTokens()) {
      throw new IllegalArgumentException(
          "tokens of a text: expected 1 to " + config.maxTokens() + ", found " + capacity);
    }
    this.base = base;
    this.adapter = adapter;
    this.manager = base.manager().newSubManager();
    this.capacity = capacity;
    for (int i = 0; i < 2 * config.layers(); i++) {
      cache.add(base.emptyCache(manager, capacity));
    }
  }

  /** Tokens so far. */
  public int length() {
    return length;
  }

  /** Most tokens that it takes. */
  public int capacity() {
    return capacity;
  }

  /**
   * Takes the text's next tokens.
   *
   * @param tokens at least one
   * @return logits of the token after them, [vocabulary]
   * @throws IllegalArgumentException when they are too many
   */
  public float[] accept(int... tokens) {
    if (tokens.length == 0 || length + tokens.length > capacity) {
      throw new IllegalArgumentException(
          "tokens: expected 1 to " + (capacity - length) + ", found " + tokens.length);
    }
    long[] ids = new long[2 * tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      ids[i] = tokens[i];
      ids[tokens.length + i] = (long) length + i;
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray packed = Torch.integers(scope, ids, 2, tokens.length);
      float[] logits = Torch.floats(base.decode(scope, packed, length, cache, adapter));
      length += tokens.length;
      return logits;
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
