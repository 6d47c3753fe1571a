package dev.reslora.training;

import dev.reslora.model.BertConfig;
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
   * @param plan its last site is the last layer's query of the first tokens alone, with cls pooling
   * @param lengths of the sequences
   */
  static double of(BertConfig config, AdapterPlan plan, int[] lengths) {
    long tokens = IntStream.of(lengths).asLongStream().sum();
    List<Boolean> pooled = plan.pooled();
    boolean cls = pooled.get(pooled.size() - 1);
    int lowest = plan.targets().stream().mapToInt(Projection::site).min().orElse(pooled.size());
    double sum = 0;
    for (int site = 0; site < 4 * config.layers(); site++) {
      long rows = pooled.get(site) ? lengths.length : tokens;
      double frozen = 2.0 * rows * weights(config, site % 4);
      if (cls && site == 4 * (config.layers() - 1)) {
        frozen = 2.0 * (2 * tokens + lengths.length) * config.hidden() * config.hidden();
      }
      sum += site > lowest ? 2 * frozen : frozen;
    }
    for (Projection target : plan.targets()) {
      long rows = pooled.get(target.site()) ? lengths.length : tokens;
      sum += 6.0 * rows * plan.rank() * (target.in() + target.out());
    }
    return sum;
  }

  /** Numbers in the frozen weights of a layer's site. */
  private static double weights(BertConfig config, int site) {
    double hidden = config.hidden();
    return switch (site) {
      case 0 -> 3 * hidden * hidden;
      case 1 -> hidden * hidden;
      default -> hidden * config.intermediate();
    };
  }
}
