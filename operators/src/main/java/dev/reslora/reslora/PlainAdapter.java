package dev.reslora.reslora;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A merged adapter on the device, to run and not to train: no shortcut, scale 1, factors padded
 * with zeros to one rank. Owner of its tensors.
 */
public final class PlainAdapter implements AutoCloseable {

  private final AdapterWeights weights;
  private final Arguments arguments;

  private PlainAdapter(AdapterWeights weights, Arguments arguments) {
    this.weights = weights;
    this.arguments = arguments;
  }

  /**
   * Puts merged factors and a head on the device.
   *
   * @param projections what the base model offers
   * @param pooled for each of its sites, whether only pooled tokens pass
   * @param hidden width of the pooled vector
   * @throws IllegalArgumentException when a factor's module or widths, or the head's, are not the
   *     model's
   */
  public static PlainAdapter of(
      NDManager parent,
      MergedAdapter adapter,
      List<Projection> projections,
      List<Boolean> pooled,
      int hidden) {
    List<MergedFactor> factors = adapter.factors();
    int rank = factors.stream().mapToInt(MergedFactor::rank).max().orElse(1);
    Map<String, Projection> byModule =
        projections.stream().collect(Collectors.toMap(Projection::module, Function.identity()));
    List<Projection> targets = new ArrayList<>();
    for (MergedFactor factor : factors) {
      targets.add(fitting(factor, byModule.get(factor.module())));
    }
    List<int[]> windows = IntStream.range(0, targets.size()).mapToObj(f -> new int[] {f}).toList();
    AdapterPlan plan = new AdapterPlan(rank, 1, Shortcut.NONE.code(), targets, windows, pooled);
    ResLoraConfig config =
        new ResLoraConfig(
            rank, rank, Shortcut.NONE, 0, 0, targets.stream().map(Projection::module).toList());
    int[] links = new int[targets.size()];
    Arrays.fill(links, ShortcutChain.HEAD);
    AdapterShape shape = new AdapterShape(config, plan, links);
    ClassifierHead head = adapter.head();
    int labels = head == null ? 0 : head.labels().size();
    float[] params = new float[AdapterWeights.size(shape, hidden, labels)];
    for (int f = 0; f < factors.size(); f++) {
      place(factors.get(f), rank, params, shape.offsetA(f), shape.offsetB(f));
    }
    if (head != null) {
      place(head, hidden, params, plan.size());
    }
    return new PlainAdapter(
        AdapterWeights.of(parent, shape, hidden, labels, AdapterWeights.Numbers.fresh(params)),
        plan.arguments());
  }

  private static Projection fitting(MergedFactor factor, @Nullable Projection projection) {
    if (projection == null || projection.in() != factor.in() || projection.out() != factor.out()) {
      throw new IllegalArgumentException(
          "adapter: factor "
              + factor.module()
              + " ["
              + factor.out()
              + ", "
              + factor.in()
              + "] does not fit the base model, which has "
              + (projection == null
                  ? "no such projection"
                  : "[" + projection.out() + ", " + projection.in() + "] there"));
    }
    return projection;
  }

  private static void place(MergedFactor factor, int rank, float[] params, int atA, int atB) {
    System.arraycopy(factor.a(), 0, params, atA, factor.a().length);
    for (int row = 0; row < factor.out(); row++) {
      System.arraycopy(factor.b(), row * factor.rank(), params, atB + row * rank, factor.rank());
    }
  }

  private static void place(ClassifierHead head, int hidden, float[] params, int at) {
    if (head.hidden() != hidden) {
      throw new IllegalArgumentException(
          "adapter: head reads " + head.hidden() + " numbers, the base model gives " + hidden);
    }
    System.arraycopy(head.weight(), 0, params, at, head.weight().length);
    System.arraycopy(head.bias(), 0, params, at + head.weight().length, head.bias().length);
  }

  /** As kernels take it; valid until closed. */
  public LiveAdapter live() {
    return weights.live(arguments);
  }

  @Override
  public void close() {
    arguments.close();
    weights.close();
  }
}
