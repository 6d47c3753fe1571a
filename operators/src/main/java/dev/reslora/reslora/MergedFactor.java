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
public record MergedFactor(String module, int rank, int in, int out, float[] a, float[] b) {}
