package dev.reslora.reslora;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plain LoRA adapter as a training library saved it: delta W = scale B A.
 *
 * @param rank rows of A, columns of B, of every factor
 * @param scale not in B; lora_alpha / r, or lora_alpha / sqrt(r)
 * @param factors one an adapted projection
 * @param head a classifier, if there is one
 * @param baseModelDigest SHA-256, hex, of the base model, if the files say it
 * @param digest SHA-256, hex, of the files
 */
public record LoraAdapter(
    int rank,
    double scale,
    List<Factor> factors,
    @Nullable ClassifierHead head,
    @Nullable String baseModelDigest,
    String digest) {

  /** Tells that it does not fit the job. */
  public static IllegalArgumentException misfit(String expected, String found) {
    return new IllegalArgumentException(
        "reslora.adapter.start-from: expected " + expected + ", found " + found);
  }

  /**
   * One projection's factors, float32, row-major.
   *
   * @param module as the files name it: the base model's path, maybe below that of a larger model
   * @param in width of the projection's input
   * @param out width of its output
   * @param a A, [rank, in]
   * @param b B, [out, rank]
   */
  public record Factor(String module, int in, int out, float[] a, float[] b) {

    /** Whether this is a projection of the base model, which may be a part of a larger one. */
    boolean adapts(String projection) {
      return module.equals(projection) || module.endsWith("." + projection);
    }
  }
}
