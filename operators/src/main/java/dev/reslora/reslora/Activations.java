package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.reslora.nn.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What merges need to know of the inputs that a stream brings to the adapted projections: second
 * moments S_n = E[x_n x_n^T] and C_{j,n} = E[x_j x_n^T], and norm windows; gathered batch by batch
 * with the shortcuts on and dropout off. Owner of the moments.
 */
public final class Activations implements AutoCloseable {

  /** The ridge of a solve: lambda = RIDGE trace(S) / in. */
  public static final double RIDGE = 1e-3;

  /** Batches in a norm's window, as in the paper. */
  public static final int WINDOW = 100;

  private final Kernel kernel;
  private final AdapterShape shape;
  private final NDManager manager;
  private final Map<Pair, NDArray> moments = new HashMap<>();
  private final List<NormWindow> inputNorms = new ArrayList<>();
  private final List<NormWindow> middleNorms = new ArrayList<>();
  private final List<NDArray> factorsA;

  private record Pair(int before, int after) {}

  /**
   * Nothing gathered yet.
   *
   * @param kernel with the sources {@code reslora} and {@code merge}
   * @param factorsA A of each factor, [r, in] float32, for the norms of x A^T
   * @param window batches in a norm's window
   */
  public Activations(
      Kernel kernel, NDManager parent, AdapterShape shape, List<NDArray> factorsA, int window) {
    this.kernel = kernel;
    this.shape = shape;
    this.manager = parent.newSubManager();
    this.factorsA = factorsA;
    for (int f = 0; f < shape.links().length; f++) {
      inputNorms.add(new NormWindow(window));
      middleNorms.add(new NormWindow(window));
    }
  }

  /**
   * Adds a batch.
   *
   * @param inputs each site's input [T, in], of any float type
   * @param rows first token of each sequence, for sites that only pooled tokens pass
   */
  public void add(List<NDArray> inputs, NDArray rows) {
    try (NDManager scope = manager.newSubManager()) {
      for (Pair pair : pairs()) {
        NDArray sum = moments.computeIfAbsent(pair, p -> zeros(inputs, p));
        List<Boolean> pooled = shape.plan().pooled();
        kernel
            .call("second_moment")
            .tensor(sum)
            .tensor(inputs.get(pair.before))
            .tensor(inputs.get(pair.after))
            .tensor(rows)
            .flag(pooled.get(pair.after) && !pooled.get(pair.before))
            .tensor(scope);
      }
      for (int f = 0; f < inputNorms.size(); f++) {
        NDArray x = inputs.get(site(f));
        inputNorms.get(f).add(kernel.call("norm").tensor(x).real());
        middleNorms
            .get(f)
            .add(kernel.call("product_norm").tensor(x).tensor(factorsA.get(f)).real());
      }
    }
  }

  /** Mean of ||x||_F over the window, of a factor's input. */
  public double inputNorm(int factor) {
    return inputNorms.get(factor).mean();
  }

  /** Mean of ||x A^T||_F over the window. */
  public double middleNorm(int factor) {
    return middleNorms.get(factor).mean();
  }

  /** S of a factor's input, a sum over tokens, [in, in] float64. */
  public NDArray secondMoment(int factor) {
    return moment(new Pair(site(factor), site(factor)));
  }

  /** C of an ancestor's input and a factor's, a sum over tokens, [in_j, in_n] float64. */
  public NDArray crossMoment(int ancestor, int factor) {
    return moment(new Pair(site(ancestor), site(factor)));
  }

  private NDArray moment(Pair pair) {
    NDArray sum = moments.get(pair);
    if (sum == null) {
      throw new IllegalStateException("no activations were gathered");
    }
    return sum;
  }

  /** Every pair of sites that a window joins, and each target's site with itself. */
  private List<Pair> pairs() {
    return shape.plan().windows().stream()
        .flatMap(window -> Arrays.stream(window).mapToObj(j -> new Pair(site(j), site(window[0]))))
        .distinct()
        .toList();
  }

  private NDArray zeros(List<NDArray> inputs, Pair pair) {
    return manager.zeros(
        new Shape(
            inputs.get(pair.before).getShape().get(1), inputs.get(pair.after).getShape().get(1)),
        DataType.FLOAT64);
  }

  private int site(int factor) {
    return shape.plan().targets().get(factor).site();
  }

  @Override
  public void close() {
    manager.close();
  }
}
