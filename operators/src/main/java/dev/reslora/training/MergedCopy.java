package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.reslora.Activations;
import dev.reslora.reslora.Activations.Likeness;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.reslora.Merger;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A merged copy of a live adapter and how far it misses, both worked out on the stream's recent
 * examples, shortcuts on, dropout off. Training goes on with the original.
 */
record MergedCopy(MergedAdapter adapter, MergeFidelity fidelity, List<LayerFidelity> layers) {

  private static final Merge FALLBACK = Merge.INPUT_NORM;

  /** What the classifier's rows mean. */
  record Head(List<String> labels, Pooling pooling) {}

  /**
   * What a merge is worked out on.
   *
   * @param recent batches of the recent past; when empty, nothing was ever trained and B = 0
   * @param judged batches that the merge's error is measured on
   */
  record Examples(List<Learner.Batch> recent, List<Learner.Batch> judged) {}

  /** Factors, the name of what made them, and for each factor how alike its inputs are. */
  private record Folded(
      List<MergedFactor> factors, String merge, List<Optional<Likeness>> likeness) {}

  /**
   * Merges and measures.
   *
   * @param merge settled for the shortcut
   */
  static MergedCopy of(BaseModel base, Learner learner, Merge merge, Head head, Examples examples) {
    try (LivePasses passes = new LivePasses(base, learner.live(), examples.recent)) {
      AdapterWeights weights = learner.weights();
      float[] params = weights.copyParams();
      Folded folded = fold(base, learner, params, merge, examples.recent, passes);
      ClassifierHead classifier =
          base.config().generates() ? null : classifier(weights, params, head);
      MergedAdapter merged = new MergedAdapter(folded.factors, classifier);
      FidelityMeter.Measured measured =
          FidelityMeter.measure(base, learner, merged, folded.merge, examples.judged, passes);
      return new MergedCopy(
          merged,
          measured.fidelity(),
          examples.judged.isEmpty() ? List.of() : layers(folded, measured.errors()));
    }
  }

  /** Whether all numbers are, those of the merge's error too. */
  boolean finite() {
    ClassifierHead head = adapter.head();
    return adapter.factors().stream().allMatch(MergedFactor::finite)
        && (head == null || head.finite())
        && Double.isFinite(fidelity.getKl());
  }

  private static ClassifierHead classifier(AdapterWeights weights, float[] params, Head head) {
    int begin = weights.shape().plan().size();
    int bias = params.length - weights.labels();
    return new ClassifierHead(
        head.labels.subList(0, weights.labels()),
        head.pooling.label(),
        weights.hidden(),
        Arrays.copyOfRange(params, begin, bias),
        Arrays.copyOfRange(params, bias, params.length));
  }

  private static List<LayerFidelity> layers(Folded folded, double[] errors) {
    List<LayerFidelity> layers = new ArrayList<>();
    for (int f = 0; f < errors.length; f++) {
      Optional<Likeness> likeness = folded.likeness.get(f);
      layers.add(
          new LayerFidelity(
              folded.factors.get(f).module(),
              errors[f],
              likeness.map(Likeness::cosine).orElse(null),
              likeness.map(Likeness::r2).orElse(null)));
    }
    return layers;
  }

  private static Folded fold(
      BaseModel base,
      Learner learner,
      float[] params,
      Merge merge,
      List<Learner.Batch> recent,
      LivePasses passes) {
    try (NDManager scope = base.manager().newSubManager()) {
      AdapterWeights weights = learner.weights();
      AdapterShape shape = weights.shape();
      Merger merger =
          new Merger(base.kernel(), scope, f -> baseWeight(base, weights, f), Activations.RIDGE);
      if (merge == Merge.EXACT || recent.isEmpty()) {
        return new Folded(
            merger.merge(shape, params, Merge.EXACT, null),
            Merge.EXACT.label(),
            Collections.nCopies(shape.links().length, Optional.empty()));
      }
      try (Activations activations =
          new Activations(base.kernel(), scope, shape, weights.copyA(scope), Activations.WINDOW)) {
        gather(scope, recent, passes, activations);
        List<MergedFactor> factors = merger.merge(shape, params, merge, activations);
        List<Optional<Likeness>> likeness = activations.likeness();
        if (factors.stream().allMatch(MergedFactor::finite)) {
          return new Folded(factors, merge.label(), likeness);
        }
        Merge fallback = FALLBACK.folds(shape.config().shortcut()) ? FALLBACK : Merge.EXACT;
        return new Folded(
            merger.merge(shape, params, fallback, activations),
            fallback.label() + " (" + merge.label() + " was not finite)",
            likeness);
      }
    }
  }

  private static void gather(
      NDManager scope, List<Learner.Batch> recent, LivePasses passes, Activations activations) {
    for (Learner.Batch batch : recent) {
      try (NDManager pass = scope.newSubManager()) {
        PackedBatch packed = batch.packed();
        activations.add(passes.first(pass, packed).inputs(), packed.rows());
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
