package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.reslora.MergeError;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.PlainAdapter;
import dev.reslora.schema.avro.MergeFidelity;
import java.util.Arrays;
import java.util.List;

/** Compares a live adapter's answers with its merged copy's, prediction by prediction. */
final class FidelityMeter {

  private int examples;
  private int tokens;
  private long predictions;
  private double divergence;
  private double agreements;
  private double lossChange;

  /**
   * What came out.
   *
   * @param errors of each factor, see {@link MergeError}
   */
  record Measured(MergeFidelity fidelity, double[] errors) {}

  /** Runs both over the batches. Without batches or labels nothing is measured, all is 0. */
  static Measured measure(
      BaseModel base,
      Learner learner,
      MergedAdapter merged,
      String merge,
      List<Learner.Batch> batches,
      LivePasses passes) {
    FidelityMeter meter = new FidelityMeter();
    try (NDManager scope = base.manager().newSubManager();
        PlainAdapter plain =
            PlainAdapter.of(
                scope, merged, base.projections(), base.pooled(), base.config().hidden())) {
      MergeError error =
          new MergeError(
              base.kernel(),
              scope,
              learner.weights().shape(),
              learner.weights().copyA(scope),
              learner.weights().copyB(scope),
              merged.factors());
      for (Learner.Batch batch : batches) {
        try (NDManager pass = scope.newSubManager()) {
          BaseModel.Inference live = passes.again(pass, batch.packed());
          error.add(live.inputs(), batch.packed().rows());
          meter.add(batch, base.compare(batch.packed(), live, plain.live(), batch.targets()));
        }
      }
      double[] errors = error.errors();
      return new Measured(meter.result(merge, Arrays.stream(errors).max().orElse(0)), errors);
    }
  }

  private void add(Learner.Batch batch, BaseModel.Comparison comparison) {
    examples += batch.targets().length;
    tokens += batch.packed().size();
    predictions += comparison.predictions();
    divergence += comparison.divergence();
    agreements += comparison.agreements();
    lossChange += comparison.lossChange();
  }

  private MergeFidelity result(String merge, double worstLayerError) {
    long n = Math.max(1, predictions);
    return new MergeFidelity(
        merge,
        examples,
        tokens,
        Math.max(0, divergence / n),
        predictions == 0 ? 1.0 : agreements / n,
        lossChange / n,
        worstLayerError);
  }
}
