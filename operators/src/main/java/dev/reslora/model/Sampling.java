package dev.reslora.model;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How a token is chosen. A function of logits, seed and the token's place: the same text comes out
 * wherever it is made, and a text that is gone on with goes on as it would have.
 *
 * @param temperature divides the logits; 0 always takes the likeliest token
 * @param topP only the likeliest tokens are drawn from, as few as hold this much probability
 *     (Holtzman et al. 2020); 1: all
 * @param seed of the draws
 */
public record Sampling(double temperature, double topP, long seed) {

  /** The likeliest token, always. */
  public static final Sampling GREEDY = new Sampling(0, 1, 0);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the one that is wrong
   */
  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature: expected a number of at least 0, found " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "top-p: expected a number above 0 and up to 1, found " + topP);
    }
  }

  /** The token at a place. Of equally likely ones the smaller id. */
  public int choose(float[] logits, int place) {
    if (temperature == 0) {
      return likeliest(logits);
    }
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -logits[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] weights = new double[order.length];
    for (int i = 0; i < order.length; i++) {
      weights[i] = Math.exp((logits[order[i]] - logits[order[0]]) / temperature);
    }
    int kept = nucleus(weights);
    double mass = Arrays.stream(weights, 0, kept).sum();
    double drawn = new SplittableRandom(seed + 0x9E3779B97F4A7C15L * place).nextDouble() * mass;
    int i = 0;
    for (double passed = weights[0]; passed <= drawn && i < kept - 1; passed += weights[i]) {
      i++;
    }
    return order[i];
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** How many of the weights, largest first, hold the share. */
  private int nucleus(double[] weights) {
    double most = topP * Arrays.stream(weights).sum();
    double sum = 0;
    int kept = 0;
    while (kept < weights.length && sum < most) {
      sum += weights[kept++];
    }
    return Math.max(1, kept);
  }
}
