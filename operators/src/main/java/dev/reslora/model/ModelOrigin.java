package dev.reslora.model;

/**
 * What an exported encoder does not say about itself.
 *
 * @param name the model's own name, as {@code BAAI/bge-small-en-v1.5}
 * @param licence SPDX identifier in lower case, or {@code other}
 * @param heads attention heads of a block
 * @param pooling how its sentence vectors are made: cls or mean
 */
public record ModelOrigin(String name, String licence, int heads, String pooling) {}
