package dev.reslora.reslora;

/** How a shortcut is folded into plain factors (ResLoRA, section 3.2, and least squares). */
public enum Merge {
  /** Exact where that exists (none, block), least squares otherwise. */
  AUTO("auto"),
  /** The optimum over all dense matrices for the recent inputs; input and middle. */
  LEAST_SQUARES("least-squares"),
  /** The paper's ratio of input (or, for middle, low-rank activation) norms. */
  INPUT_NORM("input-norm"),
  /** The paper's ratio of merged weight norms (input), or input norms on A (middle). */
  WEIGHT_NORM("weight-norm");

  private final String label;

  Merge(String label) {
    this.label = label;
  }

  /** The name in options and manifests. */
  public String label() {
    return label;
  }
}
