package dev.reslora.reslora;

import java.util.Arrays;

/**
 * An adapter's factors in Java, row-major, cut from the flat parameters.
 *
 * @param shape which factors
 * @param params all A, all B, and whatever follows
 */
record Factors(AdapterShape shape, float[] params) {

  /** A of a factor, [r, in]. */
  float[] a(int factor) {
    int begin = shape.offsetA(factor);
    return Arrays.copyOfRange(params, begin, begin + rank() * in(factor));
  }

  /** B of a factor, [out, r]. */
  float[] b(int factor) {
    int begin = shape.offsetB(factor);
    return Arrays.copyOfRange(params, begin, begin + rank() * out(factor));
  }

  int count() {
    return shape.links().length;
  }

  int rank() {
    return shape.plan().rank();
  }

  int in(int factor) {
    return shape.plan().targets().get(factor).in();
  }

  int out(int factor) {
    return shape.plan().targets().get(factor).out();
  }

  /** The factor, then its ancestors that take part. */
  int[] window(int factor) {
    return shape.plan().windows().get(factor);
  }

  boolean heads(int factor) {
    return shape.links()[factor] == ShortcutChain.HEAD;
  }
}
