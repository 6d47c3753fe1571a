package dev.reslora.reslora;

import java.util.List;

/**
 * The classifier on the pooled encoder output: logits = pooled W^T + bias.
 *
 * @param labels one a row, in order
 * @param pooling cls or mean
 * @param hidden width of the pooled vector
 * @param weight W, [labels, hidden], row-major
 * @param bias [labels]
 */
public record ClassifierHead(
    List<String> labels, String pooling, int hidden, float[] weight, float[] bias) {

  /** Whether every number is. */
  public boolean finite() {
    return MergedFactor.finite(weight) && MergedFactor.finite(bias);
  }
}
