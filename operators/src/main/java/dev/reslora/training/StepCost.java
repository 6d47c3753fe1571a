package dev.reslora.training;

/**
 * What a micro-batch took. Wall-clock time, for metrics alone: no report, state or snapshot may
 * depend on it.
 *
 * @param flops floating-point operations of the step, see {@link StepFlops}
 * @param portions that the micro-batch was taken in, see {@link Portions}
 * @param packNanos building the batch's tensors
 * @param baselineNanos judging the frozen model beside it
 * @param gradientNanos forward and backward
 * @param updateNanos the optimizer's step; 0 where only the gradient was added
 */
public record StepCost(
    double flops,
    int portions,
    long packNanos,
    long baselineNanos,
    long gradientNanos,
    long updateNanos) {

  /** Nanoseconds of all phases. */
  public long nanos() {
    return packNanos + baselineNanos + gradientNanos + updateNanos;
  }
}
