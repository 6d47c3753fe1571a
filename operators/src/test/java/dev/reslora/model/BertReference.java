package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.reslora.model.BertTrial.Batch;
import dev.reslora.nn.Autograd;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ResLoraConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What {@code bert_reference.py} makes of a trial's batch: float64, no packing, autograd. */
final class BertReference implements AutoCloseable {

  private static final List<String> NAMES =
      List.of(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  private final NDManager manager = Torch.manager("cpu");
  private final Autograd script = Autograd.load(manager, "adapted_reference", "bert_reference");

  /**
   * An adapter and what it is shown.
   *
   * @param masks none when nothing is dropped
   */
  record Question(
      BertTrial trial, AdapterShape shape, double[] params, Batch batch, List<float[]> masks) {}

  /**
   * What came out, in the packed order.
   *
   * @param gradient of the weighted loss, laid out as the adapter's parameters
   */
  record Answer(double[] losses, double[] pooled, double[] gradient) {}

  Answer gradients(Question question) {
    try (NDManager scope = manager.newSubManager()) {
      Batch batch = question.batch;
      float[] weights = new float[batch.weights().length];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = batch.weights()[batch.order()[i]];
      }
      Autograd.Inputs inputs =
          inputs(scope, question).tensor(Torch.floats(scope, weights, weights.length));
      List<NDArray> result = script.run("gradients", inputs);
      double[] gradient =
          result.subList(2, result.size()).stream()
              .flatMapToDouble(each -> Arrays.stream(each.toDoubleArray()))
              .toArray();
      return new Answer(result.get(0).toDoubleArray(), result.get(1).toDoubleArray(), gradient);
    }
  }

  /** The weighted loss alone. */
  double loss(Question question) {
    try (NDManager scope = manager.newSubManager()) {
      double[] losses = script.run("losses", inputs(scope, question)).get(0).toDoubleArray();
      double sum = 0;
      for (int i = 0; i < losses.length; i++) {
        sum += losses[i] * question.batch.weights()[question.batch.order()[i]];
      }
      return sum;
    }
  }

  private static Autograd.Inputs inputs(NDManager scope, Question question) {
    ResLoraConfig config = question.shape.config();
    Batch batch = question.batch;
    long[] targets = Arrays.stream(batch.order()).mapToLong(i -> batch.targets()[i]).toArray();
    long[] adapted =
        question.shape.plan().targets().stream().mapToLong(BertReference::number).toArray();
    BertConfig model = question.trial.encoder.config();
    long[] settings = {
      model.layers(),
      model.heads(),
      number(model.activation()),
      question.trial.cls ? 1 : 0,
      question.shape.plan().shortcut(),
      config.preNum(),
      model.positionOffset()
    };
    return new Autograd.Inputs(scope)
        .tensors("base", base(scope, question.trial.encoder))
        .tensors("factors", factors(scope, question))
        .masks(question.masks, question.batch.tokens())
        .tensors("sequences", sequences(scope, batch))
        .tensor(Torch.integers(scope, targets, targets.length))
        .tensor(Torch.integers(scope, adapted, adapted.length))
        .tensor(Torch.integers(scope, settings, settings.length))
        .tensor(scope.create(new double[] {model.layerNormEps(), config.alpha() / config.rank()}));
  }

  private static long number(Activation activation) {
    return switch (activation) {
      case GELU -> 0;
      case GELU_TANH -> 1;
      case RELU -> 2;
    };
  }

  /** 6 layer + place in the layer. */
  private static int number(Projection projection) {
    String[] path = projection.module().split("\\.", 4);
    List<String> linear = NAMES.stream().filter(name -> !name.endsWith("Norm")).toList();
    return 6 * Integer.parseInt(path[2]) + linear.indexOf(path[3]);
  }

  private static List<NDArray> base(NDManager scope, RandomEncoder encoder) {
    List<String> names =
        new ArrayList<>(
            List.of(
                "embeddings.word_embeddings.weight",
                "embeddings.position_embeddings.weight",
                "embeddings.token_type_embeddings.weight",
                "embeddings.LayerNorm.weight",
                "embeddings.LayerNorm.bias"));
    for (int l = 0; l < encoder.layers; l++) {
      for (String name : NAMES) {
        names.add("encoder.layer." + l + "." + name + ".weight");
        names.add("encoder.layer." + l + "." + name + ".bias");
      }
    }
    List<NDArray> tensors = new ArrayList<>();
    for (String name : names) {
      List<Long> sizes = Objects.requireNonNull(encoder.shapes().get(name), name);
      long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
      tensors.add(Torch.floats(scope, encoder.tensor(name), shape));
    }
    return tensors;
  }

  private static List<NDArray> factors(NDManager scope, Question question) {
    int rank = question.shape.config().rank();
    int hidden = question.trial.encoder.hidden;
    List<long[]> shapes = new ArrayList<>();
    List<Projection> targets = question.shape.plan().targets();
    targets.forEach(target -> shapes.add(new long[] {rank, target.in()}));
    targets.forEach(target -> shapes.add(new long[] {target.out(), rank}));
    shapes.add(new long[] {BertTrial.LABELS, hidden});
    shapes.add(new long[] {BertTrial.LABELS});
    List<NDArray> factors = new ArrayList<>();
    int at = 0;
    for (long[] shape : shapes) {
      int size = Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b));
      double[] values = Arrays.copyOfRange(question.params, at, at + size);
      factors.add(scope.create(values, new Shape(shape)));
      at += size;
    }
    return factors;
  }

  private static List<NDArray> sequences(NDManager scope, Batch batch) {
    List<NDArray> sequences = new ArrayList<>();
    for (int i : batch.order()) {
      PackedBatch.Sequence sequence = batch.sequences().get(i);
      int length = sequence.ids().length;
      long[] tokens = new long[2 * length];
      for (int t = 0; t < length; t++) {
        tokens[t] = sequence.ids()[t];
        tokens[length + t] = sequence.segments().length == 0 ? 0 : sequence.segments()[t];
      }
      sequences.add(Torch.integers(scope, tokens, 2, length));
    }
    return sequences;
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
