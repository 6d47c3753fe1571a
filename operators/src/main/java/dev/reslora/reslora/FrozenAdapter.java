package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;

/**
 * An adapter's numbers that learn no more, on the device: answers, and has no gradient. Owner of
 * them.
 */
public final class FrozenAdapter implements AutoCloseable {

  private final NDArray params;
  private final int labels;

  /**
   * A copy of an adapter's parameters.
   *
   * @param params laid out as {@link AdapterWeights} does
   * @param labels rows of its classifier
   */
  public FrozenAdapter(NDManager parent, float[] params, int labels) {
    try (NDArray java = Torch.floats(parent, params, params.length)) {
      this.params = java.duplicate();
    }
    this.labels = labels;
  }

  /** Rows of the classifier. */
  public int labels() {
    return labels;
  }

  /** A copy of the flat parameters. */
  public float[] copyParams() {
    return Torch.floats(params);
  }

  /** As kernels that do not train take it. */
  public LiveAdapter live(Arguments arguments) {
    return new LiveAdapter(params, params, labels, arguments);
  }

  /** Native bytes held. */
  public long bytes() {
    return 4 * params.size();
  }

  @Override
  public void close() {
    params.close();
  }
}
