package dev.reslora.pipeline.local;

import java.util.OptionalDouble;

/**
 * Accuracy over one window of the stream, each example tested before it was trained on.
 *
 * @param examples examples of the stream up to the window's end
 * @param adapted share that the adapter predicted right
 * @param baseline share that the frozen baseline predicted right, where it was judged
 */
public record AccuracyPoint(long examples, double adapted, OptionalDouble baseline) {}
