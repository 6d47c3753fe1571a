package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Engine;
import dev.reslora.nn.LiveAdapter;
import java.util.SplittableRandom;

/**
 * An adapter's numbers on the device, float32, flat: all A [r, in], all B [out, r], then the
 * classifier's weight [labels, hidden] and bias [labels]; beside them the gradient and AdamW's two
 * moments of the same layout. Owner of all four.
 */
public final class AdapterWeights implements AutoCloseable {

  private final AdapterShape shape;
  private final int hidden;
  private final NDManager manager;
  private int labels;
  private NDArray params;
  private NDArray grads;
  private NDArray firstMoment;
  private NDArray secondMoment;

  private AdapterWeights(
      NDManager parent, AdapterShape shape, int hidden, int labels, Numbers numbers) {
    this.shape = shape;
    this.hidden = hidden;
    this.labels = labels;
    this.manager = parent.newSubManager();
    this.params = owned(numbers.params);
    this.firstMoment = owned(numbers.firstMoment);
    this.secondMoment = owned(numbers.secondMoment);
    this.grads = owned(new float[numbers.params.length]);
  }

  /** Parameters and moments in Java. */
  public record Numbers(float[] params, float[] firstMoment, float[] secondMoment) {}

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
    Numbers numbers = new Numbers(params, new float[params.length], new float[params.length]);
    return new AdapterWeights(parent, shape, hidden, 0, numbers);
  }

  /**
   * The adapter of given numbers.
   *
   * @throws IllegalArgumentException when their count does not fit the shape
   */
  public static AdapterWeights of(
      NDManager parent, AdapterShape shape, int hidden, int labels, Numbers numbers) {
    int expected = shape.plan().size() + labels * (hidden + 1);
    if (numbers.params.length != expected
        || numbers.firstMoment.length != expected
        || numbers.secondMoment.length != expected) {
      throw new IllegalArgumentException(
          "adapter numbers: expected three times "
              + expected
              + ", found "
              + numbers.params.length
              + ", "
              + numbers.firstMoment.length
              + " and "
              + numbers.secondMoment.length);
    }
    return new AdapterWeights(parent, shape, hidden, labels, numbers);
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

  public NDArray params() {
    return params;
  }

  public NDArray grads() {
    return grads;
  }

  public NDArray firstMoment() {
    return firstMoment;
  }

  public NDArray secondMoment() {
    return secondMoment;
  }

  /** As kernels take it. */
  public LiveAdapter live(Arguments arguments) {
    return new LiveAdapter(params, grads, labels, arguments);
  }

  /** Native bytes held. */
  public long bytes() {
    return 16L * (shape.plan().size() + (long) labels * (hidden + 1));
  }

  /** A copy of parameters and moments. */
  public Numbers read() {
    return new Numbers(
        Engine.floats(params), Engine.floats(firstMoment), Engine.floats(secondMoment));
  }

  /**
   * Appends labels whose rows are zero, with zero moments; the gradients must be zero.
   *
   * @param count how many
   */
  public void grow(int count) {
    Numbers now = read();
    params = replaced(params, grown(now.params, count));
    firstMoment = replaced(firstMoment, grown(now.firstMoment, count));
    secondMoment = replaced(secondMoment, grown(now.secondMoment, count));
    grads = replaced(grads, new float[now.params.length + count * (hidden + 1)]);
    labels += count;
  }

  private float[] grown(float[] numbers, int count) {
    float[] more = new float[numbers.length + count * (hidden + 1)];
    int bias = numbers.length - labels;
    System.arraycopy(numbers, 0, more, 0, bias);
    System.arraycopy(numbers, bias, more, bias + count * hidden, labels);
    return more;
  }

  private NDArray replaced(NDArray old, float[] numbers) {
    old.close();
    return owned(numbers);
  }

  /** A tensor whose memory is libtorch's own. */
  private NDArray owned(float[] numbers) {
    try (NDArray java = Engine.floats(manager, numbers, numbers.length)) {
      return java.duplicate();
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
