package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.MergeError;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.PlainAdapter;
import dev.reslora.schema.avro.MergeFidelity;
import java.util.Arrays;
import java.util.List;

/** Compares a live adapter's answers with its merged copy's, example by example. */
final class FidelityMeter {

  private final int labels;
  private int examples;
  private int tokens;
  private double divergence;
  private double agreements;
  private double lossChange;

  private FidelityMeter(int labels) {
    this.labels = labels;
  }

  /** Runs both over the batches. Without batches or labels nothing is measured, all is 0. */
  static MergeFidelity measure(
      BaseModel base,
      Learner learner,
      MergedAdapter merged,
      String merge,
      List<Learner.Batch> batches) {
    FidelityMeter meter = new FidelityMeter(learner.weights().labels());
    try (NDManager scope = base.manager().newSubManager();
        PlainAdapter plain =
            PlainAdapter.of(scope, merged, base.projections(), base.pooled(), base.hidden())) {
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
          BaseModel.Inference live = base.infer(pass, batch.packed(), learner.live());
          error.add(live.inputs(), batch.packed().rows());
          BaseModel.Inference copy = base.infer(pass, batch.packed(), plain.live());
          meter.add(batch, Torch.floats(live.logits()), Torch.floats(copy.logits()));
        }
      }
      return meter.result(merge, Arrays.stream(error.errors()).max().orElse(0));
    }
  }

  private void add(Learner.Batch batch, float[] live, float[] merged) {
    tokens += batch.packed().size();
    for (int i = 0; i < batch.targets().length; i++) {
      double[] p = logSoftmax(live, i * labels);
      double[] q = logSoftmax(merged, i * labels);
      for (int c = 0; c < labels; c++) {
        divergence += Math.exp(p[c]) * (p[c] - q[c]);
      }
      int target = batch.targets()[batch.packed().order()[i]];
      lossChange += p[target] - q[target];
      agreements += best(p) == best(q) ? 1 : 0;
      examples++;
    }
  }

  private double[] logSoftmax(float[] logits, int at) {
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < labels; c++) {
      max = Math.max(max, logits[at + c]);
    }
    double sum = 0;
    for (int c = 0; c < labels; c++) {
      sum += Math.exp(logits[at + c] - max);
    }
    double[] log = new double[labels];
    for (int c = 0; c < labels; c++) {
      log[c] = logits[at + c] - max - Math.log(sum);
    }
    return log;
  }

  private static int best(double[] values) {
    int best = 0;
    for (int c = 1; c < values.length; c++) {
      best = values[c] > values[best] ? c : best;
    }
    return best;
  }

  private MergeFidelity result(String merge, double worstLayerError) {
    int n = Math.max(1, examples);
    return new MergeFidelity(
        merge,
        examples,
        tokens,
        Math.max(0, divergence / n),
        examples == 0 ? 1.0 : agreements / n,
        lossChange / n,
        worstLayerError);
  }
}
