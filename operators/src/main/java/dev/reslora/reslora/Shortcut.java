package dev.reslora.reslora;

import java.util.Arrays;
import java.util.Locale;

/**
 * The residual path between the low-rank blocks of neighbouring layers (ResLoRA, section 3.1).
 *
 * <p>Row vectors, one token a row; s = alpha / rank. D_n is what the adapter adds to layer n:
 *
 * <ul>
 *   <li>{@code NONE} (LoRA): D_n = s x_n A_n^T B_n^T
 *   <li>{@code INPUT}: D_n = s (x_n + x_{n-1}) A_n^T B_n^T; at a chain's head x_{n-1} := x_n
 *   <li>{@code BLOCK}: D_n = s sum_{k=0..m} x_n A_{n-k}^T B_{n-k}^T
 *   <li>{@code MIDDLE}: D_n = s (sum_{k=0..m} x_{n-k} A_{n-k}^T) B_n^T
 * </ul>
 */
public enum Shortcut {
  NONE(0),
  INPUT(1),
  BLOCK(2),
  MIDDLE(3);

  private final int code;

  Shortcut(int code) {
    this.code = code;
  }

  /** The kernels' number of it. */
  int code() {
    return code;
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  static Shortcut labelled(String label) {
    return Arrays.stream(values())
        .filter(shortcut -> shortcut.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no shortcut " + label));
  }

  /** The name in options, manifests and kernels: none, input, block, middle. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
