package dev.reslora.nn;

/**
 * A linear projection of a model that an adapter may target: y = x W^T + b, W [out, in].
 *
 * @param module module path in the base model, as {@code encoder.layer.0.attention.self.query}
 * @param chain the path without its layer's number; projections of one name form one chain
 * @param in width of x
 * @param out width of y
 * @param site the input it reads; projections at one site share it
 * @param column its first column in the site's fused output
 */
public record Projection(String module, String chain, int in, int out, int site, int column) {}
