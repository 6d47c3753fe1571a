package dev.reslora.training;

import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Projection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Floating-point operations that a step of plain LoRA needs: two for each multiply-add of the
 * matrix products.
 *
 * <p>A frozen projection of n tokens takes 2 n in out forward, and as much for dL/dx where
 * something below it learns; a frozen weight has no gradient. A low-rank block takes 2 n r (in +
 * out) forward and twice that backward. Attention, norms, activations and the optimizer are left
 * out, so that the utilisation that follows is a lower bound. Padding is never counted.
 */
final class StepFlops {

  private StepFlops() {}

  /**
   * The count for one batch.
   *
   * @param projections every one of the model
   * @param plan its last site is the last layer's query of the first tokens alone, with cls pooling
   * @param lengths of the sequences
   */
  static double of(List<Projection> projections, AdapterPlan plan, int[] lengths) {
    long tokens = IntStream.of(lengths).asLongStream().sum();
    List<Boolean> pooled = plan.pooled();
    int last = pooled.size() - 1;
    int lowest = plan.targets().stream().mapToInt(Projection::site).min().orElse(last);
    double sum = 0;
    for (Projection each : projections) {
      boolean few = pooled.get(each.site());
      double frozen = 2.0 * (few ? lengths.length : tokens) * each.in() * each.out();
      // The query of first tokens has a site of its own, beside its layer's keys and values.
      int site = few && each.site() == last ? last - 4 : each.site();
      sum += site > lowest ? 2 * frozen : frozen;
    }
    for (Projection target : plan.targets()) {
      long rows = pooled.get(target.site()) ? lengths.length : tokens;
      sum += 6.0 * rows * plan.rank() * (target.in() + target.out());
    }
    return sum;
  }
}
