package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.reslora.nn.Call;
import dev.reslora.nn.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

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

  /** ||x_j||^2 over the tokens of a pair's cross moment. */
  private final Map<Pair, Double> squares = new HashMap<>();

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
        boolean gather = pooled.get(pair.after) && !pooled.get(pair.before);
        if (pair.before != pair.after) {
          Call square =
              kernel.call("square").tensor(inputs.get(pair.before)).tensor(rows).flag(gather);
          squares.merge(pair, square.real(), Double::sum);
        }
        kernel
            .call("second_moment")
            .tensor(sum)
            .tensor(inputs.get(pair.before))
            .tensor(inputs.get(pair.after))
            .tensor(rows)
            .flag(gather)
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

  /**
   * How alike a factor's input x_n and its linked ancestor's x_{n-1} are.
   *
   * @param cosine E[x_{n-1} . x_n] / sqrt(E||x_{n-1}||^2 E||x_n||^2)
   * @param r2 share of x_{n-1} that a linear map of x_n explains
   */
  public record Likeness(double cosine, double r2) {}

  /** The likeness of every factor, empty for a chain's head; needs a shortcut's moments. */
  public List<Optional<Likeness>> likeness() {
    Map<Pair, Likeness> known = new HashMap<>();
    List<Optional<Likeness>> likeness = new ArrayList<>();
    for (int[] window : shape.plan().windows()) {
      likeness.add(
          window.length < 2
              ? Optional.empty()
              : Optional.of(
                  known.computeIfAbsent(
                      new Pair(site(window[1]), site(window[0])), this::compare)));
    }
    return likeness;
  }

  private Likeness compare(Pair pair) {
    NDArray cross = moment(pair);
    NDArray second = moment(new Pair(pair.after, pair.after));
    double square = Objects.requireNonNull(squares.get(pair));
    double ratio = kernel.call("trace_ratio").tensor(cross).tensor(second).real();
    double trace = kernel.call("trace_sum").tensor(second).real();
    double r2 =
        kernel.call("explained").tensor(cross).tensor(second).real(square).real(RIDGE).real();
    return new Likeness(ratio * Math.sqrt(trace / square), r2);
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
