package dev.reslora.training;

import java.util.Locale;

/** How a sequence's vectors become the one that is classified. */
public enum Pooling {
  /** The first token's vector. */
  CLS,
  /** The mean of all tokens' vectors. */
  MEAN;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
