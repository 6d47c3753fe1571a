package dev.reslora.reslora;

import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The flat parameters of {@link AdapterWeights} that a plain LoRA adapter comes to: training begins
 * where it left off. Only a shape without shortcuts can hold it: with one, a layer's product takes
 * in other layers' factors or inputs, and no factors of the same rank give the same function.
 */
public final class LoraStart {

  private final AdapterShape shape;
  private final LoraAdapter adapter;

  private LoraStart(AdapterShape shape, LoraAdapter adapter) {
    this.shape = shape;
    this.adapter = adapter;
  }

  /**
   * Factors and head in the layout of the shape.
   *
   * @param hidden width of the pooled vector
   * @throws IllegalArgumentException naming what does not fit, and the option that would
   */
  public static float[] params(AdapterShape shape, LoraAdapter adapter, int hidden) {
    LoraStart start = new LoraStart(shape, adapter);
    start.check();
    return start.params(hidden);
  }

  private void check() {
    ResLoraConfig config = shape.config();
    if (config.shortcut() != Shortcut.NONE) {
      throw LoraAdapter.misfit(
          "a job with reslora.adapter.shortcut=none",
          config.shortcut().label() + ", under which these factors would be another function");
    }
    if (adapter.rank() != config.rank()) {
      throw LoraAdapter.misfit(
          "rank reslora.adapter.rank = " + config.rank(), "r " + adapter.rank());
    }
    if (Math.abs(adapter.scale() - config.scaling()) > 1e-9 * adapter.scale()) {
      throw LoraAdapter.misfit(
          "scale %s (reslora.adapter.alpha %s / reslora.adapter.rank %d)"
              .formatted(config.scaling(), config.alpha(), config.rank()),
          "%s; set reslora.adapter.alpha to %s"
              .formatted(adapter.scale(), adapter.scale() * config.rank()));
    }
  }

  private float[] params(int hidden) {
    ClassifierHead head = adapter.head();
    int labels = head == null ? 0 : head.labels().size();
    if (head != null && head.hidden() != hidden) {
      throw LoraAdapter.misfit(
          "a head that reads " + hidden + " numbers", Integer.toString(head.hidden()));
    }
    float[] params = new float[AdapterWeights.size(shape, hidden, labels)];
    List<LoraAdapter.Factor> left = new ArrayList<>(adapter.factors());
    List<Projection> targets = shape.plan().targets();
    for (int f = 0; f < targets.size(); f++) {
      LoraAdapter.Factor factor = fitting(targets.get(f));
      System.arraycopy(factor.a(), 0, params, shape.offsetA(f), factor.a().length);
      System.arraycopy(factor.b(), 0, params, shape.offsetB(f), factor.b().length);
      left.remove(factor);
    }
    if (!left.isEmpty()) {
      throw LoraAdapter.misfit(
          "factors of reslora.adapter.target-modules only", "one of " + left.get(0).module());
    }
    if (head != null) {
      int weight = shape.plan().size();
      System.arraycopy(head.weight(), 0, params, weight, head.weight().length);
      System.arraycopy(head.bias(), 0, params, weight + head.weight().length, labels);
    }
    return params;
  }

  private LoraAdapter.Factor fitting(Projection target) {
    Optional<LoraAdapter.Factor> factor =
        adapter.factors().stream().filter(each -> each.adapts(target.module())).findFirst();
    if (factor.isEmpty()) {
      throw LoraAdapter.misfit(
          "factors of " + target.module() + ", which reslora.adapter.target-modules names", "none");
    }
    if (factor.get().in() != target.in() || factor.get().out() != target.out()) {
      throw LoraAdapter.misfit(
          "%s [%d, %d] as in the base model".formatted(target.module(), target.out(), target.in()),
          "[%d, %d]".formatted(factor.get().out(), factor.get().in()));
    }
    return factor.get();
  }
}
