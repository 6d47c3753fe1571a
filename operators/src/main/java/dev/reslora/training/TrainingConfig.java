package dev.reslora.training;

import dev.reslora.reslora.Merge;
import java.io.Serializable;

/**
 * What decides a step besides the adapter's shape.
 *
 * @param batchExamples a micro-batch closes at this many examples
 * @param batchTokens a micro-batch closes before it would exceed this many tokens
 * @param accumulation micro-batches to an optimizer step
 * @param learningRate peak learning rate of the factors
 * @param headLearningRate peak learning rate of the classifier head
 * @param schedule shape of the learning rate over steps
 * @param beta1 AdamW's decay of the first moment
 * @param beta2 AdamW's decay of the second moment
 * @param epsilon AdamW's denominator term
 * @param weightDecay decoupled decay of factors and head weights
 * @param clipNorm largest global gradient norm; 0 turns clipping off
 * @param pooling the classifier's pooling
 * @param maxLabels most labels a head may grow to
 * @param precision type of the frozen base's products
 * @param seed root of initialisation and dropout
 * @param pauseAfter non-finite steps in a row that pause the adapter
 * @param recentTokens tokens of the recent past kept for merging and its measurement
 * @param merge how snapshots are merged
 * @param baseline the frozen model judged beside the adapter
 */
public record TrainingConfig(
    int batchExamples,
    int batchTokens,
    int accumulation,
    double learningRate,
    double headLearningRate,
    Schedule schedule,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clipNorm,
    Pooling pooling,
    int maxLabels,
    Precision precision,
    long seed,
    int pauseAfter,
    int recentTokens,
    Merge merge,
    BaselineConfig baseline)
    implements Serializable {

  /** The same with another size of micro-batches and another seed. */
  TrainingConfig with(int otherBatchExamples, long otherSeed) {
    return new TrainingConfig(
        otherBatchExamples,
        batchTokens,
        accumulation,
        learningRate,
        headLearningRate,
        schedule,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        clipNorm,
        pooling,
        maxLabels,
        precision,
        otherSeed,
        pauseAfter,
        recentTokens,
        merge,
        baseline);
  }
}
