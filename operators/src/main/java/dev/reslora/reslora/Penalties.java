package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What is added to an adapter's loss so that its numbers stay near where they were; the optimizer's
 * step adds its gradient, on the device. Takes no memory as long as there is none. Its tensors have
 * the layout of {@link AdapterWeights}, whose manager owns them.
 *
 * <p>L2-SP (Li et al. 2018): alpha/2 |w - w0|^2 over the factors, beta/2 |w - w0|^2 over the head.
 *
 * <p>Online EWC (Schwarz et al. 2018, section 3.2): lambda/2 sum_i F_i (w_i - w*_i)^2, with one
 * running diagonal F. What it grows by is the mean over micro-batches of n g^2, g being the
 * gradient of the mean loss over n examples: the diagonal of the empirical Fisher information where
 * single examples' gradients have a mean of zero, and (n - 1) times the square of that mean more
 * elsewhere.
 */
public final class Penalties {

  /** Norm of a gradient above which its square might not be finite. */
  private static final double LARGEST = 1e15;

  private final NDManager manager;

  /** w0, or nothing. */
  private List<NDArray> anchor = List.of();

  private Spring spring = new Spring(0, 0);

  /** F and w*, or nothing. */
  private List<NDArray> ewc = List.of();

  /** Of F and w*, the sum of n g^2 since the last consolidation; nothing without them. */
  private List<NDArray> squares = List.of();

  private long batches;
  private double strength;

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
   * EWC's numbers in Java, each of the adapter's layout.
   *
   * @param fisher F
   * @param center w*
   * @param squares sum of n g^2 since F was brought up to date
   * @param batches how many are in it
   */
  public record Elastic(float[] fisher, float[] center, float[] squares, long batches) {

    /** Nothing has been consolidated yet: no penalty. */
    public static Elastic fresh(float[] params) {
      return new Elastic(new float[params.length], params, new float[params.length], 0);
    }
  }

  /**
   * Pulls towards these numbers from here on.
   *
   * @param params of the adapter's layout
   */
  public void pullTo(float[] params, Spring by) {
    anchor = List.of(replaced(anchor, 0, params));
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

  /**
   * Turns EWC on, or goes on from other numbers of it.
   *
   * @param lambda of the penalty
   */
  public void stretch(Elastic numbers, double lambda) {
    ewc = List.of(replaced(ewc, 0, numbers.fisher), replaced(ewc, 1, numbers.center));
    squares = List.of(replaced(squares, 0, numbers.squares));
    batches = numbers.batches;
    strength = lambda;
  }

  /** Whether EWC is on. */
  public boolean elastic() {
    return !ewc.isEmpty();
  }

  /** A copy of EWC's numbers; it must be on. */
  public Elastic copyElastic() {
    return new Elastic(
        Torch.floats(ewc.get(0)), Torch.floats(ewc.get(1)), Torch.floats(squares.get(0)), batches);
  }

  /**
   * Adds a micro-batch's gradient to the sum, and its square to what F is to grow by; the gradient
   * is zero after. EWC must be on.
   *
   * @param examples n, how many the gradient is a mean over
   * @return the gradient's norm; nothing was added when it is not finite
   */
  public double gather(Kernel kernel, NDArray sum, NDArray gradient, double examples) {
    double norm =
        kernel
            .call("accumulate_squares")
            .tensor(sum)
            .tensor(gradient)
            .tensor(squares.get(0))
            .real(examples)
            .real(LARGEST)
            .real();
    batches += norm <= LARGEST ? 1 : 0;
    return norm;
  }

  /**
   * A task ends: F := decay F + what was gathered, w* := these parameters. F stays as it is where
   * nothing was gathered. EWC must be on.
   *
   * @return the trace of F
   */
  public double consolidate(Kernel kernel, NDArray params, double decay) {
    double trace =
        kernel
            .call("consolidate")
            .tensor(params)
            .tensors(ewc)
            .tensor(squares.get(0))
            .integer(batches)
            .real(decay)
            .real();
    batches = 0;
    return trace;
  }

  /** What was learned since is taken back: w* := these numbers, what was gathered goes. */
  public void recenter(float[] params) {
    stretch(new Elastic(Torch.floats(ewc.get(0)), params, new float[params.length], 0), strength);
  }

  /** As kernels take it. */
  List<NDArray> anchor() {
    return anchor;
  }

  /** Of factors, head weight and head bias. */
  double[] springs() {
    return new double[] {spring.factors, spring.head, spring.head};
  }

  /** As kernels take it. */
  List<NDArray> ewc() {
    return ewc;
  }

  double strength() {
    return strength;
  }

  /** Gives every tensor another number of labels. */
  void fit(UnaryOperator<float[]> fitting) {
    if (anchored()) {
      pullTo(fitting.apply(copyAnchor()), spring);
    }
    if (elastic()) {
      Elastic now = copyElastic();
      stretch(
          new Elastic(
              fitting.apply(now.fisher),
              fitting.apply(now.center),
              fitting.apply(now.squares),
              now.batches),
          strength);
    }
  }

  /** Native bytes held. */
  long bytes() {
    return Stream.of(anchor, ewc, squares)
        .flatMap(List::stream)
        .mapToLong(tensor -> 4 * tensor.size())
        .sum();
  }

  private NDArray replaced(List<NDArray> old, int which, float[] numbers) {
    if (which < old.size()) {
      old.get(which).close();
    }
    try (NDArray java = Torch.floats(manager, numbers, numbers.length)) {
      return java.duplicate();
    }
  }
}
