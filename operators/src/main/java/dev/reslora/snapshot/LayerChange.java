package dev.reslora.snapshot;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What changed in one projection from an adapter to another: Frobenius norms of delta W, in double,
 * from the factors alone.
 *
 * @param module module path in the base model
 * @param before ||dW|| of the first; 0 where it does not adapt the projection
 * @param after ||dW|| of the second
 * @param change ||dW_second - dW_first||
 * @param cosine of the two; 0 where one of them is 0
 */
public record LayerChange(
    String module, double before, double after, double change, double cosine) {

  /** The changes of every projection that one of them adapts, in execution order. */
  public static List<LayerChange> between(MergedAdapter first, MergedAdapter second) {
    Map<String, MergedFactor> befores = byModule(first);
    Map<String, MergedFactor> afters = byModule(second);
    Set<String> modules = new LinkedHashSet<>(befores.keySet());
    modules.addAll(afters.keySet());
    List<LayerChange> changes = new ArrayList<>();
    for (String module : modules) {
      changes.add(of(module, befores.get(module), afters.get(module)));
    }
    return changes;
  }

  private static Map<String, MergedFactor> byModule(MergedAdapter adapter) {
    Map<String, MergedFactor> factors = new LinkedHashMap<>();
    adapter.factors().forEach(factor -> factors.put(factor.module(), factor));
    return factors;
  }

  private static LayerChange of(
      String module, @Nullable MergedFactor first, @Nullable MergedFactor second) {
    double before = product(first, first);
    double after = product(second, second);
    double both = product(first, second);
    double norms = Math.sqrt(before * after);
    return new LayerChange(
        module,
        Math.sqrt(before),
        Math.sqrt(after),
        Math.sqrt(Math.max(0, before + after - 2 * both)),
        norms > 0 ? both / norms : 0);
  }

  /** <B A, D C> = sum over the ranks of (B^T D) * (A C^T): no dense matrix is made. */
  private static double product(@Nullable MergedFactor x, @Nullable MergedFactor y) {
    if (x == null || y == null) {
      return 0;
    }
    if (x.in() != y.in() || x.out() != y.out()) {
      throw new IllegalArgumentException(
          x.module()
              + ": the adapters are of different base models, [%d, %d] and [%d, %d]"
                  .formatted(x.out(), x.in(), y.out(), y.in()));
    }
    double sum = 0;
    for (int k = 0; k < x.rank(); k++) {
      for (int l = 0; l < y.rank(); l++) {
        double columns = 0;
        for (int o = 0; o < x.out(); o++) {
          columns += (double) x.b()[o * x.rank() + k] * y.b()[o * y.rank() + l];
        }
        double rows = 0;
        for (int i = 0; i < x.in(); i++) {
          rows += (double) x.a()[k * x.in() + i] * y.a()[l * y.in() + i];
        }
        sum += columns * rows;
      }
    }
    return sum;
  }
}
