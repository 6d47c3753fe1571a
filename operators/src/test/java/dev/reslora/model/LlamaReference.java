package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.reslora.model.LlamaTrial.Batch;
import dev.reslora.nn.Autograd;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ResLoraConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What {@code llama_reference.py} makes of a trial's batch: float64, no packing, autograd. */
final class LlamaReference implements AutoCloseable {

  private final NDManager manager = Torch.manager("cpu");
  private final Autograd script = Autograd.load(manager, "adapted_reference", "llama_reference");

  /**
   * An adapter and what it is shown.
   *
   * @param masks none when nothing is dropped
   */
  record Question(
      LlamaTrial trial, AdapterShape shape, float[] params, Batch batch, List<float[]> masks) {}

  /**
   * What came out.
   *
   * @param losses sums, in the caller's order
   * @param gradient of the weighted loss, laid out as the adapter's parameters
   */
  record Answer(double[] losses, double[] gradient) {}

  Answer gradients(Question question) {
    try (NDManager scope = manager.newSubManager()) {
      Batch batch = question.batch;
      int[] order =
          IntStream.range(0, batch.from().length)
              .boxed()
              .sorted(Comparator.comparingInt(i -> batch.sequences().get(i).ids().length))
              .mapToInt(Integer::intValue)
              .toArray();
      List<NDArray> result = script.run("gradients", inputs(scope, question, order));
      double[] losses = new double[order.length];
      double[] packed = result.get(0).toDoubleArray();
      for (int i = 0; i < order.length; i++) {
        losses[order[i]] = packed[i];
      }
      double[] gradient =
          result.subList(1, result.size()).stream()
              .flatMapToDouble(each -> Arrays.stream(each.toDoubleArray()))
              .toArray();
      return new Answer(losses, gradient);
    }
  }

  private static Autograd.Inputs inputs(NDManager scope, Question question, int[] order) {
    ResLoraConfig config = question.shape.config();
    Batch batch = question.batch;
    LlamaConfig model = question.trial.model.config;
    long[] from = Arrays.stream(order).mapToLong(i -> batch.from()[i]).toArray();
    float[] weights = new float[order.length];
    for (int i = 0; i < order.length; i++) {
      weights[i] = batch.weights()[order[i]];
    }
    List<String> modules = model.projections().stream().map(ProjectionShape::module).toList();
    long[] adapted =
        question.shape.plan().targets().stream()
            .mapToLong(target -> modules.indexOf(target.module()))
            .toArray();
    long[] settings = {
      model.layers(),
      model.heads(),
      model.keyValueHeads(),
      model.headWidth(),
      question.shape.plan().shortcut(),
      config.preNum()
    };
    return new Autograd.Inputs(scope)
        .tensors("base", base(scope, question.trial.model))
        .tensors("factors", factors(scope, question))
        .masks(question.masks, question.batch.tokens())
        .tensors("sequences", sequences(scope, batch, order))
        .tensor(Torch.integers(scope, from, from.length))
        .tensor(Torch.integers(scope, adapted, adapted.length))
        .tensor(Torch.integers(scope, settings, settings.length))
        .tensor(scope.create(new double[] {model.normEps(), config.alpha() / config.rank()}))
        .tensor(Torch.floats(scope, weights, weights.length));
  }

  private static List<NDArray> base(NDManager scope, RandomLlama model) {
    LlamaConfig config = model.config;
    List<NDArray> tensors = new ArrayList<>();
    tensors.add(tensor(scope, model, "model.embed_tokens.weight"));
    tensors.add(tensor(scope, model, "model.norm.weight"));
    tensors.add(
        tensor(scope, model, config.tied() ? "model.embed_tokens.weight" : "lm_head.weight"));
    float[] frequencies = config.rope().frequencies(config.headWidth());
    tensors.add(Torch.floats(scope, frequencies, frequencies.length));
    List<ProjectionShape> projections = config.projections();
    for (int l = 0; l < config.layers(); l++) {
      for (String norm :
          List.of(
              "input_layernorm",
              "post_attention_layernorm",
              "self_attn.q_norm",
              "self_attn.k_norm")) {
        tensors.add(tensor(scope, model, LlamaConfig.layer(l) + norm + ".weight"));
      }
      for (ProjectionShape projection : projections.subList(7 * l, 7 * l + 7)) {
        tensors.add(tensor(scope, model, projection.module() + ".weight"));
        tensors.add(tensor(scope, model, projection.module() + ".bias"));
      }
    }
    return tensors;
  }

  /** One zero where the model has no such tensor. */
  private static NDArray tensor(NDManager scope, RandomLlama model, String name) {
    List<Long> sizes = model.config.tensorShapes().get(name);
    return sizes == null
        ? Torch.floats(scope, new float[1], 1)
        : Torch.floats(
            scope, model.tensor(name), sizes.stream().mapToLong(Long::longValue).toArray());
  }

  private static List<NDArray> factors(NDManager scope, Question question) {
    int rank = question.shape.config().rank();
    List<long[]> shapes = new ArrayList<>();
    List<Projection> targets = question.shape.plan().targets();
    targets.forEach(target -> shapes.add(new long[] {rank, target.in()}));
    targets.forEach(target -> shapes.add(new long[] {target.out(), rank}));
    List<NDArray> factors = new ArrayList<>();
    int at = 0;
    for (long[] shape : shapes) {
      double[] values = new double[(int) (shape[0] * shape[1])];
      for (int i = 0; i < values.length; i++) {
        values[i] = question.params[at + i];
      }
      factors.add(scope.create(values, new Shape(shape)));
      at += values.length;
    }
    return factors;
  }

  private static List<NDArray> sequences(NDManager scope, Batch batch, int[] order) {
    return Arrays.stream(order)
        .mapToObj(i -> Arrays.stream(batch.sequences().get(i).ids()).asLongStream().toArray())
        .map(ids -> Torch.integers(scope, ids, ids.length))
        .toList();
  }

  @Override
  public void close() {
    script.close();
    manager.close();
  }
}
