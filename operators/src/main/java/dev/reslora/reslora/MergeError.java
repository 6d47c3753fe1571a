package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a merge misses, layer by layer: e_n = ||x_n dW_n^T - D_n||_F / ||D_n||_F over the tokens
 * of all batches added.
 */
public final class MergeError {

  private final Kernel kernel;
  private final NDManager owner;
  private final AdapterShape shape;
  private final List<NDArray> a;
  private final List<NDArray> b;
  private final List<NDArray> mergedA = new ArrayList<>();
  private final List<NDArray> mergedB = new ArrayList<>();
  private final double[] missed;
  private final double[] whole;

  /**
   * Nothing measured yet.
   *
   * @param kernel with the sources {@code reslora} and {@code merge}
   * @param owner of the merged factors' tensors
   * @param a A of each factor, [r, in]
   * @param b B of each factor, [out, r]
   * @param factors plain factors, one a factor
   */
  public MergeError(
      Kernel kernel,
      NDManager owner,
      AdapterShape shape,
      List<NDArray> a,
      List<NDArray> b,
      List<MergedFactor> factors) {
    this.kernel = kernel;
    this.owner = owner;
    this.shape = shape;
    this.a = a;
    this.b = b;
    this.missed = new double[factors.size()];
    this.whole = new double[factors.size()];
    for (MergedFactor factor : factors) {
      mergedA.add(Torch.floats(owner, factor.a(), factor.rank(), factor.in()));
      mergedB.add(Torch.floats(owner, factor.b(), factor.out(), factor.rank()));
    }
  }

  /**
   * Adds a batch's tokens.
   *
   * @param inputs each site's input [T, in]
   * @param rows first token of each sequence, for sites that only pooled tokens pass
   */
  public void add(List<NDArray> inputs, NDArray rows) {
    if (missed.length == 0) {
      return;
    }
    try (NDManager scope = owner.newSubManager();
        Arguments sites = shape.plan().sites()) {
      double[] squares =
          kernel
              .call("merge_error")
              .tensors(inputs)
              .tensors(a)
              .tensors(b)
              .tensors(mergedA)
              .tensors(mergedB)
              .real(shape.plan().scale())
              .integer(shape.plan().shortcut())
              .with(sites)
              .tensor(rows)
              .tensor(scope)
              .toDoubleArray();
      for (int f = 0; f < missed.length; f++) {
        missed[f] += Math.max(0, squares[2 * f]);
        whole[f] += squares[2 * f + 1];
      }
    }
  }

  /** e_n of each factor; 0 where the adapter adds nothing. */
  public double[] errors() {
    double[] errors = new double[missed.length];
    for (int f = 0; f < errors.length; f++) {
      errors[f] = whole[f] > 0 ? Math.sqrt(missed[f] / whole[f]) : 0;
    }
    return errors;
  }
}
