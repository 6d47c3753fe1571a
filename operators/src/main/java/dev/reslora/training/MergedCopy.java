package dev.reslora.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.reslora.Activations;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.reslora.Merger;
import dev.reslora.schema.avro.MergeFidelity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;

/**
 * A merged copy of a live adapter and how far it misses, both worked out on the stream's recent
 * examples, shortcuts on, dropout off. Training goes on with the original.
 */
record MergedCopy(MergedAdapter adapter, MergeFidelity fidelity) {

  private static final Merge FALLBACK = Merge.INPUT_NORM;

  /** Factors and the name of what made them. */
  private record Folded(List<MergedFactor> factors, String merge) {}

  /**
   * Merges and measures.
   *
   * @param merge settled for the shortcut
   * @param recent batches of the recent past; when empty, nothing was ever trained and B = 0
   */
  static MergedCopy of(
      BaseModel base,
      Learner learner,
      Merge merge,
      List<String> labels,
      Pooling pooling,
      List<Learner.Batch> recent) {
    try (NDManager scope = base.manager().newSubManager()) {
      AdapterWeights weights = learner.weights();
      float[] params = weights.copyParams();
      Folded folded =
          fold(base, learner, params, recent.isEmpty() ? Merge.EXACT : merge, recent, scope);
      ClassifierHead classifier =
          base.config().generates() ? null : head(weights, params, labels, pooling);
      MergedAdapter merged = new MergedAdapter(folded.factors, classifier);
      return new MergedCopy(
          merged, FidelityMeter.measure(base, learner, merged, folded.merge, recent));
    }
  }

  /** Whether all numbers of the factors are. */
  boolean finite() {
    return adapter.factors().stream().allMatch(MergedFactor::finite);
  }

  private static ClassifierHead head(
      AdapterWeights weights, float[] params, List<String> labels, Pooling pooling) {
    int head = weights.shape().plan().size();
    int bias = params.length - weights.labels();
    return new ClassifierHead(
        labels.subList(0, weights.labels()),
        pooling.label(),
        weights.hidden(),
        Arrays.copyOfRange(params, head, bias),
        Arrays.copyOfRange(params, bias, params.length));
  }

  private static Folded fold(
      BaseModel base,
      Learner learner,
      float[] params,
      Merge merge,
      List<Learner.Batch> recent,
      NDManager scope) {
    AdapterWeights weights = learner.weights();
    Merger merger =
        new Merger(base.kernel(), scope, f -> baseWeight(base, weights, f), Activations.RIDGE);
    if (merge == Merge.EXACT) {
      return new Folded(merger.merge(weights.shape(), params, merge, null), merge.label());
    }
    try (Activations activations =
        new Activations(
            base.kernel(), scope, weights.shape(), weights.copyA(scope), Activations.WINDOW)) {
      gather(base, learner.live(), recent, activations);
      List<MergedFactor> factors = merger.merge(weights.shape(), params, merge, activations);
      if (factors.stream().allMatch(MergedFactor::finite)) {
        return new Folded(factors, merge.label());
      }
      return new Folded(
          merger.merge(weights.shape(), params, FALLBACK, activations),
          FALLBACK.label() + " (" + merge.label() + " was not finite)");
    }
  }

  private static void gather(
      BaseModel base, LiveAdapter live, List<Learner.Batch> recent, Activations activations) {
    for (Learner.Batch batch : recent) {
      try (NDManager pass = base.manager().newSubManager()) {
        List<NDArray> inputs = base.infer(pass, batch.packed(), live).inputs();
        activations.add(inputs, batch.packed().rows());
      }
    }
  }

  private static float[] baseWeight(BaseModel base, AdapterWeights weights, int factor) {
    try {
      return base.weight(weights.shape().plan().targets().get(factor));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
