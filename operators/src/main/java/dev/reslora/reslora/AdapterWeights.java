package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Handover;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * An adapter's numbers on the device, float32, flat: all A [r, in], all B [out, r], then the
 * classifier's weight [labels, hidden] and bias [labels]; beside them, of the same layout, the
 * gradient of one micro-batch, the sum of several, and AdamW's two moments. Owner of all five, and
 * of what its penalties need.
 */
public final class AdapterWeights implements AutoCloseable {

  private final AdapterShape shape;
  private final int hidden;
  private final NDManager manager;
  private final Penalties penalties;
  private int labels;
  private NDArray params;
  private NDArray grads;
  private NDArray sum;
  private NDArray firstMoment;
  private NDArray secondMoment;

  private AdapterWeights(
      NDManager manager, AdapterShape shape, int hidden, int labels, Numbers numbers) {
    this.shape = shape;
    this.hidden = hidden;
    this.labels = labels;
    this.manager = manager;
    this.params = owned(numbers.params);
    this.sum = owned(numbers.sum);
    this.firstMoment = owned(numbers.firstMoment);
    this.secondMoment = owned(numbers.secondMoment);
    this.grads = owned(new float[numbers.params.length]);
    this.penalties = new Penalties(manager);
  }

  /**
   * An adapter's numbers in Java.
   *
   * @param params factors and head
   * @param sum gradients summed since the last optimizer step
   * @param firstMoment AdamW's m
   * @param secondMoment AdamW's v
   */
  public record Numbers(float[] params, float[] sum, float[] firstMoment, float[] secondMoment) {

    /** Given parameters, everything else zero. */
    public static Numbers fresh(float[] params) {
      int size = params.length;
      return new Numbers(params, new float[size], new float[size], new float[size]);
    }

    private void check(int expected) {
      if (params.length != expected
          || sum.length != expected
          || firstMoment.length != expected
          || secondMoment.length != expected) {
        throw new IllegalArgumentException(
            "adapter numbers: expected four times "
                + expected
                + ", found "
                + params.length
                + ", "
                + sum.length
                + ", "
                + firstMoment.length
                + " and "
                + secondMoment.length);
      }
    }
  }

  /**
   * A new adapter that changes nothing: A ~ U(-1/sqrt(in), 1/sqrt(in)), B = 0, no labels.
   *
   * @param seed the adapter's own; the same seed gives the same numbers on every machine
   */
  public static AdapterWeights create(NDManager parent, AdapterShape shape, int hidden, long seed) {
    float[] params = new float[shape.plan().size()];
    for (int f = 0; f < shape.plan().targets().size(); f++) {
      int in = shape.plan().targets().get(f).in();
      SplittableRandom random = new SplittableRandom(seed + f);
      double bound = 1 / Math.sqrt(in);
      int begin = shape.offsetA(f);
      for (int i = begin; i < begin + shape.plan().rank() * in; i++) {
        params[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
    }
    return of(parent, shape, hidden, 0, Numbers.fresh(params));
  }

  /**
   * The adapter of given numbers.
   *
   * @throws IllegalArgumentException when their count does not fit the shape
   */
  public static AdapterWeights of(
      NDManager parent, AdapterShape shape, int hidden, int labels, Numbers numbers) {
    numbers.check(size(shape, hidden, labels));
    NDManager manager = parent.newSubManager();
    return Handover.to(
        () -> new AdapterWeights(manager, shape, hidden, labels, numbers), manager::close);
  }

  /** Numbers in the parameters of an adapter. */
  public static int size(AdapterShape shape, int hidden, int labels) {
    return Math.addExact(shape.plan().size(), Math.multiplyExact(labels, hidden + 1));
  }

  public AdapterShape shape() {
    return shape;
  }

  /** Rows of the classifier. */
  public int labels() {
    return labels;
  }

  /** Width of the pooled vector. */
  public int hidden() {
    return hidden;
  }

  /** What is added to the loss of these numbers; nothing at first. */
  public Penalties penalties() {
    return penalties;
  }

  public NDArray params() {
    return params;
  }

  public NDArray grads() {
    return grads;
  }

  public NDArray sum() {
    return sum;
  }

  public NDArray firstMoment() {
    return firstMoment;
  }

  public NDArray secondMoment() {
    return secondMoment;
  }

  /** A copy of the flat parameters alone. */
  public float[] copyParams() {
    return Torch.floats(params);
  }

  /** A copy of A of each factor, [r, in]. */
  public List<NDArray> copyA(NDManager owner) {
    Factors factors = new Factors(shape, copyParams());
    return IntStream.range(0, factors.count())
        .mapToObj(f -> Torch.floats(owner, factors.a(f), factors.rank(), factors.in(f)))
        .toList();
  }

  /** A copy of B of each factor, [out, r]. */
  public List<NDArray> copyB(NDManager owner) {
    Factors factors = new Factors(shape, copyParams());
    return IntStream.range(0, factors.count())
        .mapToObj(f -> Torch.floats(owner, factors.b(f), factors.out(f), factors.rank()))
        .toList();
  }

  /** As kernels take it. */
  public LiveAdapter live(Arguments arguments) {
    return new LiveAdapter(params, grads, labels, arguments);
  }

  /** Native bytes held. */
  public long bytes() {
    return 20L * size(shape, hidden, labels) + penalties.bytes();
  }

  /** A copy of everything but the micro-batch's gradient. */
  public Numbers read() {
    return new Numbers(
        copyParams(), Torch.floats(sum), Torch.floats(firstMoment), Torch.floats(secondMoment));
  }

  /**
   * Appends labels whose rows, moments and gradients are zero. The micro-batch's gradient must be.
   *
   * @param count how many
   */
  public void grow(int count) {
    Numbers now = read();
    int more = labels + count;
    become(
        more,
        new Numbers(
            fitted(now.params, labels, more),
            fitted(now.sum, labels, more),
            fitted(now.firstMoment, labels, more),
            fitted(now.secondMoment, labels, more)));
  }

  /**
   * Takes on other numbers, of this many labels; the penalties stay as they are, fitted to the
   * labels. The micro-batch's gradient must be zero.
   *
   * @throws IllegalArgumentException when their count does not fit the shape
   */
  public void become(int labels, Numbers numbers) {
    int size = size(shape, hidden, labels);
    numbers.check(size);
    params = replaced(params, numbers.params);
    sum = replaced(sum, numbers.sum);
    firstMoment = replaced(firstMoment, numbers.firstMoment);
    secondMoment = replaced(secondMoment, numbers.secondMoment);
    grads = replaced(grads, new float[size]);
    int before = this.labels;
    if (labels != before) {
      penalties.fit(one -> fitted(one, before, labels));
    }
    this.labels = labels;
  }

  /**
   * Numbers of this layout with other labels: rows that are new are zero, those that are too many
   * go.
   */
  public float[] fitted(float[] numbers, int from, int to) {
    int factors = shape.plan().size();
    int kept = Math.min(from, to);
    float[] fitted = new float[size(shape, hidden, to)];
    System.arraycopy(numbers, 0, fitted, 0, factors + kept * hidden);
    System.arraycopy(numbers, factors + from * hidden, fitted, factors + to * hidden, kept);
    return fitted;
  }

  private NDArray replaced(NDArray old, float[] numbers) {
    old.close();
    return owned(numbers);
  }

  /** A tensor whose memory is libtorch's own. */
  private NDArray owned(float[] numbers) {
    try (NDArray java = Torch.floats(manager, numbers, numbers.length)) {
      return java.duplicate();
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
