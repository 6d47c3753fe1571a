package dev.reslora.training;

import java.util.Locale;

/** Type of the frozen base's matrix products; factors, moments, norms and losses are float32. */
public enum Precision {
  FLOAT32,
  BFLOAT16;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
