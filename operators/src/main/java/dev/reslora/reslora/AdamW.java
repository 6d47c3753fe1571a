package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Kernel;

/**
 * AdamW with decoupled decay (Loshchilov and Hutter 2019) over an adapter's flat parameters, in one
 * native call. Decay works on factors and head weight, not on the head's bias.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param weightDecay share of the learning rate by which a step shrinks the weights
 * @param clipNorm largest global gradient norm; 0 turns clipping off
 */
public record AdamW(
    double beta1, double beta2, double epsilon, double weightDecay, double clipNorm) {

  /** Learning rates of the factors and of the head. */
  public record Rates(double factors, double head) {}

  /**
   * What a step did.
   *
   * @param gradientNorm L2 norm of the gradient, the penalties' with it, before clipping; not
   *     finite when nothing was done
   * @param updateRatio L2 norm of the factors' change over theirs before it; 0 when an update
   *     rounds to nothing
   */
  public record Update(double gradientNorm, double updateRatio) {}

  /**
   * Steps by the summed gradients and those of the penalties, and leaves the sum zero. Touches
   * nothing else when the gradient is not finite.
   *
   * @param kernel with the source {@code reslora}
   * @param step 1 at the first
   * @param share factor of the sum: 1 over the micro-batches in it
   */
  public Update step(Kernel kernel, AdapterWeights weights, Rates rates, long step, double share) {
    int factors = weights.shape().plan().size();
    int bias = weights.labels();
    int all = AdapterWeights.size(weights.shape(), weights.hidden(), bias);
    try (NDManager scope = weights.params().getManager().newSubManager()) {
      NDArray done =
          kernel
              .call("adamw")
              .tensor(weights.params())
              .tensor(weights.sum())
              .tensor(weights.firstMoment())
              .tensor(weights.secondMoment())
              .tensors(weights.penalties().anchor())
              .reals(weights.penalties().springs())
              .tensors(weights.penalties().ewc())
              .real(weights.penalties().strength())
              .integers(factors, all - bias, all)
              .reals(rates.factors, rates.head, rates.head)
              .reals(weightDecay, weightDecay, 0)
              .integer(step)
              .real(beta1)
              .real(beta2)
              .real(epsilon)
              .real(clipNorm)
              .real(share)
              .tensor(scope);
      double[] figures = done.toDoubleArray();
      return new Update(figures[0], figures[1]);
    }
  }
}
