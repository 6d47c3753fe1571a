package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Call;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A frozen encoder of the BERT family. */
public final class BertBase extends BaseModel {

  private final BertConfig config;
  private final Arguments arguments;
  private final boolean cls;

  BertBase(BertConfig config, HuggingFaceDirectory directory, NDManager manager, Variant variant)
      throws IOException {
    super(directory, manager, "bert", placed(config, variant.cls()));
    this.config = config;
    this.cls = variant.cls();
    FrozenTensors tensors = new FrozenTensors(directory, kernel(), manager, variant.bfloat16());
    List<NDArray> base = BertWeights.load(tensors, config, variant.cls());
    boolean packed = FrozenTensors.packs(manager);
    this.arguments =
        new Arguments()
            .tensors(base)
            .integer(config.layers())
            .integer(config.heads())
            .real(config.layerNormEps())
            .text(approximation(config.activation()))
            .flag(cls)
            .integer(FrozenTensors.type(variant.bfloat16()))
            .flag(packed)
            .flag(packed && !variant.bfloat16());
  }

  @Override
  public BertConfig config() {
    return config;
  }

  /** Where projections read and write: query, key and value of a layer are one product. */
  private static List<Projection> placed(BertConfig config, boolean cls) {
    List<Projection> projections = new ArrayList<>();
    for (ProjectionShape shape : config.projections()) {
      int layer = projections.size() / 6;
      int number = projections.size() % 6;
      boolean last = cls && layer == config.layers() - 1;
      int site = 4 * layer + Math.max(0, number - 2);
      int column = number < 3 ? number * config.hidden() : 0;
      if (last && number == 0) {
        site = sites(config) - 1;
      } else if (last && number < 3) {
        column -= config.hidden();
      }
      projections.add(placed(shape, site, column));
    }
    return projections;
  }

  @Override
  public List<Boolean> pooled() {
    int sites = sites(config);
    List<Boolean> pooled = new ArrayList<>(Collections.nCopies(sites, false));
    if (cls) {
      Collections.fill(pooled.subList(sites - 4, sites), true);
    }
    return pooled;
  }

  private static int sites(BertConfig config) {
    return 4 * config.layers() + 1;
  }

  @Override
  int firstPosition() {
    return config.positionOffset();
  }

  @Override
  Outcome step(
      boolean train,
      PackedBatch batch,
      Owners owners,
      int[] targets,
      float[] weights,
      double dropout,
      long seed,
      @Nullable Teacher teacher) {
    int count = batch.order().length;
    int[] firstRows = owners.firstRows(count);
    long[] packedTargets = new long[batch.count()];
    float[] packedWeights = new float[batch.count()];
    for (int i = 0; i < count; i++) {
      int sequence = batch.order()[i];
      packedTargets[i] = (long) firstRows[sequence] + targets[sequence];
      packedWeights[i] = weights[sequence];
    }
    try (NDManager scope = manager().newSubManager()) {
      List<NDArray> taught =
          teacher == null ? List.of() : List.of(logits(scope, batch, teacher.adapter()));
      Call call =
          on(kernel().call("bert_step").flag(train), batch)
              .tensor(Torch.integers(scope, packedTargets, packedTargets.length))
              .tensor(Torch.floats(scope, packedWeights, packedWeights.length))
              .with(arguments)
              .tensors(owners.params())
              .tensors(owners.grads())
              .integers(owners.labels())
              .tensor(owners.tokens(scope, batch))
              .with(owners.plan())
              .integer(seed & Long.MAX_VALUE)
              .real(dropout)
              .tensors(taught)
              .integer(teacher == null ? 0 : teacher.labels())
              .real(teacher == null ? 0 : teacher.weight());
      List<List<NDArray>> result = call.tuple(scope);
      float[] losses = result.get(0).get(0).toFloatArray();
      long[] predictions = result.get(1).get(0).toLongArray();
      float[] confidences = result.get(2).get(0).toFloatArray();
      Outcome outcome = new Outcome(new float[count], new int[count], new float[count]);
      for (int i = 0; i < count; i++) {
        int sequence = batch.order()[i];
        outcome.losses()[sequence] = losses[i];
        outcome.predictions()[sequence] = (int) predictions[i] - firstRows[sequence];
        outcome.confidences()[sequence] = confidences[i];
      }
      return outcome;
    }
  }

  private NDArray logits(NDManager owner, PackedBatch batch, LiveAdapter adapter) {
    return on(kernel().call("bert_logits"), batch)
        .with(arguments)
        .tensor(adapter.params())
        .integer(adapter.labels())
        .with(adapter.arguments())
        .tensor(owner);
  }

  @Override
  public Inference infer(NDManager owner, PackedBatch batch, LiveAdapter adapter) {
    List<List<NDArray>> result =
        on(kernel().call("bert_infer"), batch)
            .with(arguments)
            .tensor(adapter.params())
            .integer(adapter.labels())
            .with(adapter.arguments())
            .tuple(owner);
    return new Inference(
        result.get(0).get(0), result.get(1).get(0), result.get(2).get(0), result.get(3));
  }

  @Override
  public Comparison compare(PackedBatch batch, Inference live, LiveAdapter other, int[] targets) {
    int labels = other.labels();
    double[][] p = logSoftmax(live.logits(), targets.length, labels);
    double[][] q;
    try (NDManager scope = manager().newSubManager()) {
      q = logSoftmax(infer(scope, batch, other).logits(), targets.length, labels);
    }
    double divergence = 0;
    double agreements = 0;
    double lossChange = 0;
    for (int i = 0; i < targets.length; i++) {
      for (int c = 0; c < labels; c++) {
        divergence += Math.exp(p[i][c]) * (p[i][c] - q[i][c]);
      }
      int target = targets[batch.order()[i]];
      lossChange += p[i][target] - q[i][target];
      agreements += best(p[i]) == best(q[i]) ? 1 : 0;
    }
    return new Comparison(targets.length, divergence, agreements, lossChange);
  }

  private static double[][] logSoftmax(NDArray tensor, int rows, int labels) {
    float[] logits = Torch.floats(tensor);
    double[][] logs = new double[rows][labels];
    for (int i = 0; i < rows; i++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < labels; c++) {
        max = Math.max(max, logits[i * labels + c]);
      }
      double sum = 0;
      for (int c = 0; c < labels; c++) {
        sum += Math.exp(logits[i * labels + c] - max);
      }
      for (int c = 0; c < labels; c++) {
        logs[i][c] = logits[i * labels + c] - max - Math.log(sum);
      }
    }
    return logs;
  }

  private static int best(double[] values) {
    int best = 0;
    for (int c = 1; c < values.length; c++) {
      best = values[c] > values[best] ? c : best;
    }
    return best;
  }

  private static Call on(Call call, PackedBatch batch) {
    return call.tensor(batch.tokens()).integers(batch.groups()).tensor(batch.rows());
  }

  private static String approximation(Activation activation) {
    return switch (activation) {
      case GELU -> "none";
      case GELU_TANH -> "tanh";
      case RELU -> "relu";
    };
  }

  @Override
  public void close() {
    arguments.close();
    super.close();
  }
}
