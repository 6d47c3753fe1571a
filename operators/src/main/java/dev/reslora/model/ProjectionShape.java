package dev.reslora.model;

/**
 * A linear layer that an adapter can target: y = W x + b, W: [out, in].
 *
 * @param module module path, as {@code encoder.layer.0.attention.self.query}
 * @param in width of x
 * @param out width of y
 */
public record ProjectionShape(String module, int in, int out) {}
