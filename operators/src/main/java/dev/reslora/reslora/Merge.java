package dev.reslora.reslora;

/** How a shortcut is folded into plain factors (ResLoRA, section 3.2, and least squares). */
public enum Merge {
  /** Exact where that exists (none, block), least squares otherwise. */
  AUTO("auto"),
  /** No error: the blocks side by side, rank (m+1) r; none and block. */
  EXACT("exact"),
  /** The best of rank r for the recent inputs, where exact has rank (m+1) r; block only. */
  TRUNCATED("truncated"),
  /** The optimum over all dense matrices for the recent inputs; input and middle. */
  LEAST_SQUARES("least-squares"),
  /** The paper's ratio of input (or, for middle, low-rank activation) norms. */
  INPUT_NORM("input-norm"),
  /** The paper's ratio of merged weight norms (input), or input norms on A (middle). */
  WEIGHT_NORM("weight-norm"),
  /** As {@link #WEIGHT_NORM}, of W + B A without scale or ratio, as published; input only. */
  PLAIN_WEIGHT_NORM("plain-weight-norm"),
  /** The best single number for the whole layer, trace(C) / trace(S); input only. */
  SCALAR("scalar");

  private final String label;

  Merge(String label) {
    this.label = label;
  }

  /** The name in options and manifests. */
  public String label() {
    return label;
  }

  /** Whether it exists for a shortcut. */
  public boolean folds(Shortcut shortcut) {
    return switch (this) {
      case AUTO -> true;
      case EXACT -> shortcut == Shortcut.NONE || shortcut == Shortcut.BLOCK;
      case TRUNCATED -> shortcut == Shortcut.BLOCK;
      case LEAST_SQUARES, INPUT_NORM, WEIGHT_NORM ->
          shortcut == Shortcut.INPUT || shortcut == Shortcut.MIDDLE;
      case PLAIN_WEIGHT_NORM, SCALAR -> shortcut == Shortcut.INPUT;
    };
  }
}
