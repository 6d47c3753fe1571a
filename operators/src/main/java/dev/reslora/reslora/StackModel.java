package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Kernel;
import java.util.List;

/**
 * The smallest model with adapted projections: linear layers joined by x_{n+1} = tanh(h_n M_n) or
 * h_n. The golden cases run on it, through the adapted projection that every family shares.
 */
final class StackModel {

  private final Kernel kernel;
  private final List<NDArray> weights;
  private final List<NDArray> biases;
  private final List<NDArray> bridges;

  /** Bridges are empty for the identity. */
  StackModel(Kernel kernel, List<NDArray> weights, List<NDArray> biases, List<NDArray> bridges) {
    this.kernel = kernel;
    this.weights = weights;
    this.biases = biases;
    this.bridges = bridges;
  }

  /** The same with other weights. */
  StackModel with(List<NDArray> other) {
    return new StackModel(kernel, other, biases, bridges);
  }

  /** Outputs h_n, inputs x_n and low-rank activations z_n of one forward pass. */
  record Pass(List<NDArray> h, List<NDArray> x, List<NDArray> z) {
    NDArray output() {
      return h.get(h.size() - 1);
    }
  }

  /** Gradients of one backward pass. */
  record Gradients(NDArray x, List<NDArray> a, List<NDArray> b) {}

  /** x: [T, in_0]. */
  Pass forward(
      NDManager owner,
      NDArray x,
      List<NDArray> a,
      List<NDArray> b,
      AdapterPlan plan,
      List<NDArray> masks) {
    try (Arguments sites = plan.sites()) {
      List<List<NDArray>> result =
          kernel
              .call("stack_forward")
              .tensor(x)
              .tensors(weights)
              .tensors(biases)
              .tensors(bridges)
              .tensors(a)
              .tensors(b)
              .real(plan.scale())
              .integer(plan.shortcut())
              .with(sites)
              .tensors(masks)
              .tuple(owner);
      return new Pass(result.get(0), result.get(1), result.get(2));
    }
  }

  /** gradient: dL/dh of the last layer, [T, out]. */
  Gradients backward(
      NDManager owner,
      NDArray gradient,
      Pass pass,
      List<NDArray> a,
      List<NDArray> b,
      AdapterPlan plan,
      List<NDArray> masks) {
    try (Arguments sites = plan.sites()) {
      List<List<NDArray>> result =
          kernel
              .call("stack_backward")
              .tensor(gradient)
              .tensors(pass.x)
              .tensors(pass.z)
              .tensors(weights)
              .tensors(bridges)
              .tensors(a)
              .tensors(b)
              .real(plan.scale())
              .integer(plan.shortcut())
              .with(sites)
              .tensors(masks)
              .tuple(owner);
      return new Gradients(result.get(0).get(0), result.get(1), result.get(2));
    }
  }
}
