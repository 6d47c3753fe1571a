package dev.reslora.reslora;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy of an adapter without shortcuts, ready to serve; training goes on with the original.
 *
 * @param factors one a target projection, in execution order
 * @param head the classifier, or null for a language model
 */
public record MergedAdapter(List<MergedFactor> factors, @Nullable ClassifierHead head) {}
