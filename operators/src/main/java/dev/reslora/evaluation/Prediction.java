package dev.reslora.evaluation;

/**
 * What the model said to an example before it was trained on it.
 *
 * @param loss nats
 * @param target row of the right label; {@link #NONE} where the model has no labels
 * @param predicted row of the best label; {@link #NONE} for a label that could not be known
 * @param confidence probability of the best label
 */
public record Prediction(double loss, int target, int predicted, double confidence) {

  /** No row. */
  public static final int NONE = -1;

  public boolean correct() {
    return target != NONE && target == predicted;
  }
}
