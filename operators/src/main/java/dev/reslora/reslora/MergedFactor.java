package dev.reslora.reslora;

/**
 * Plain factors of one projection: delta W = B A, the scale folded into B.
 *
 * @param module module path in the base model, as {@code encoder.layer.0.attention.self.query}
 * @param rank rows of A, columns of B
 * @param in width of the projection's input
 * @param out width of its output
 * @param a A, [rank, in], row-major
 * @param b s B, [out, rank], row-major
 */
public record MergedFactor(String module, int rank, int in, int out, float[] a, float[] b) {

  /** The largest rank that servers load. */
  public static final int LARGEST_RANK = 512;

  /** Whether every number is. */
  public boolean finite() {
    return finite(a) && finite(b);
  }

  static boolean finite(float[] numbers) {
    float sum = 0;
    for (float x : numbers) {
      sum += x * 0;
    }
    return sum == 0;
  }

  /** delta W = B A, [out, in], row-major, summed in double. */
  public float[] deltaW() {
    return addedTo(new float[out * in]);
  }

  /** W + B A, [out, in], row-major, summed in double and rounded once. */
  public float[] addedTo(float[] weight) {
    float[] sum = new float[out * in];
    double[] row = new double[in];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        row[i] = weight[o * in + i];
      }
      for (int k = 0; k < rank; k++) {
        double bk = b[o * rank + k];
        for (int i = 0; i < in; i++) {
          row[i] += bk * a[k * in + i];
        }
      }
      for (int i = 0; i < in; i++) {
        sum[o * in + i] = (float) row[i];
      }
    }
    return sum;
  }
}
