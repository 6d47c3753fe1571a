package dev.reslora.nn;

import ai.djl.ndarray.NDArray;

/**
 * An adapter as a family's kernel takes it. Made by whoever owns the tensors; valid as long as they
 * are.
 *
 * @param params flat: all A, all B, the classifier's weight and bias
 * @param grads where a step adds the gradient, of the same layout
 * @param labels rows of the classifier
 * @param arguments of the plan, see {@link AdapterPlan#arguments}
 */
public record LiveAdapter(NDArray params, NDArray grads, int labels, Arguments arguments) {}
