package dev.reslora.training;

import java.io.Serializable;

/**
 * The frozen model whose figures stand beside the adapter's: the base without adapter under a head
 * that learns from the stream's first examples and then stays as it is.
 *
 * @param every judge every n-th micro-batch; 0 turns the baseline off
 * @param warmupExamples examples its head learns from before it is frozen
 */
public record BaselineConfig(int every, int warmupExamples) implements Serializable {}
