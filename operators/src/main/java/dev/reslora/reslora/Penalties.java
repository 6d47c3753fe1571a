package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Torch;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What is added to an adapter's loss so that its numbers stay near where they were; the optimizer's
 * step adds its gradient, on the device. Takes no memory as long as there is none. Its tensors have
 * the layout of {@link AdapterWeights}, whose manager owns them.
 *
 * <p>L2-SP (Li et al. 2018): alpha/2 |w - w0|^2 over the factors, beta/2 |w - w0|^2 over the head.
 */
public final class Penalties {

  private final NDManager manager;

  /** w0, or nothing. */
  private List<NDArray> anchor = List.of();

  private Spring spring = new Spring(0, 0);

  Penalties(NDManager manager) {
    this.manager = manager;
  }

  /**
   * How hard L2-SP pulls.
   *
   * @param factors alpha, of what goes on from other numbers
   * @param head beta, of the classifier's weight and bias
   */
  public record Spring(double factors, double head) {}

  /**
   * Pulls towards these numbers from here on.
   *
   * @param params of the adapter's layout
   */
  public void pullTo(float[] params, Spring by) {
    anchor = replaced(anchor, params);
    spring = by;
  }

  /** Whether there is an anchor. */
  public boolean anchored() {
    return !anchor.isEmpty();
  }

  /** A copy of the anchor; there must be one. */
  public float[] copyAnchor() {
    return Torch.floats(anchor.get(0));
  }

  /** As kernels take it. */
  List<NDArray> anchor() {
    return anchor;
  }

  /** Of factors, head weight and head bias. */
  double[] springs() {
    return new double[] {spring.factors, spring.head, spring.head};
  }

  /** Gives every tensor another number of labels. */
  void fit(UnaryOperator<float[]> fitting) {
    if (anchored()) {
      anchor = replaced(anchor, fitting.apply(copyAnchor()));
    }
  }

  /** Native bytes held. */
  long bytes() {
    return anchor.stream().mapToLong(tensor -> 4 * tensor.size()).sum();
  }

  private List<NDArray> replaced(List<NDArray> old, float[] numbers) {
    old.forEach(NDArray::close);
    try (NDArray java = Torch.floats(manager, numbers, numbers.length)) {
      return List.of(java.duplicate());
    }
  }
}
