package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One golden case: a stack of adapted layers, its inputs and the numbers that must come out.
 *
 * @param json the case as it stands in its file
 */
record GoldenCase(JsonNode json) {

  private static final Map<String, Shortcut> VARIANTS =
      Map.of("is", Shortcut.INPUT, "bs", Shortcut.BLOCK, "ms", Shortcut.MIDDLE);

  String id() {
    return json.path("id").asText();
  }

  int layers() {
    return json.path("layers").asInt();
  }

  Shortcut shortcut() {
    Shortcut shortcut = VARIANTS.get(json.path("variant").asText());
    if (shortcut == null) {
      throw new IllegalArgumentException(
          id() + ": variant: expected is, bs or ms, found " + json.path("variant"));
    }
    return shortcut;
  }

  JsonNode expected() {
    return json.path("expected");
  }

  /** The stack's layers as projections of one name, so that the production rule links them. */
  AdapterShape shape() {
    List<Projection> layers = new ArrayList<>();
    for (int n = 0; n < layers(); n++) {
      layers.add(
          new Projection(
              "layer." + n + ".linear",
              "linear",
              json.path("inDims").get(n).asInt(),
              json.path("outDims").get(n).asInt(),
              n,
              0));
    }
    int rank = json.path("rank").asInt();
    int preNum = json.path("preNum").asInt();
    ResLoraConfig config =
        new ResLoraConfig(
            rank, json.path("alpha").asDouble(), shortcut(), preNum, 0, List.of("linear"));
    List<Boolean> pooled = layers.stream().map(layer -> false).toList();
    AdapterShape linked = AdapterShape.of(config, layers, pooled);
    int[] given = new int[layers()];
    Arrays.setAll(given, n -> json.path("prev").get(n).asInt());
    if (json.path("linkRule").asText("reference").equals("reference")) {
      if (!Arrays.equals(given, linked.links())) {
        throw new IllegalArgumentException(
            id()
                + ": links: expected "
                + Arrays.toString(given)
                + ", found "
                + Arrays.toString(linked.links()));
      }
      return linked;
    }
    AdapterPlan plan =
        new AdapterPlan(
            rank,
            config.scaling(),
            config.shortcut().code(),
            layers,
            ShortcutChain.windows(given, config.shortcut(), preNum),
            pooled);
    return new AdapterShape(config, plan, given);
  }

  StackModel model(dev.reslora.nn.Kernel kernel, NDManager owner) {
    List<NDArray> weights = tensors(owner, "W.", layers());
    List<NDArray> biases = new ArrayList<>();
    for (int n = 0; n < layers(); n++) {
      long out = weights.get(n).getShape().get(0);
      biases.add(
          has("b." + n) ? tensor(owner, "b." + n) : Torch.floats(owner, new float[(int) out], out));
    }
    boolean tanh = json.path("bridge").asText().equals("tanh");
    return new StackModel(
        kernel, weights, biases, tanh ? tensors(owner, "M.", layers() - 1) : List.of());
  }

  /** Masks by place in the windows: an own one for each block's part, else one a layer. */
  List<NDArray> masks(NDManager owner, AdapterShape shape) {
    List<NDArray> masks = new ArrayList<>();
    if (!has("mask.0") && !has("mask.0.0")) {
      return masks;
    }
    for (int n = 0; n < layers(); n++) {
      for (int j : shape.plan().windows().get(n)) {
        String own = "mask." + n + "." + j;
        masks.add(rows(owner, has(own) ? own : "mask." + n));
      }
    }
    return masks;
  }

  boolean has(String input) {
    return json.path("inputs").has(input);
  }

  List<NDArray> tensors(NDManager owner, String prefix, int count) {
    List<NDArray> tensors = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      tensors.add(tensor(owner, prefix + n));
    }
    return tensors;
  }

  NDArray tensor(NDManager owner, String input) {
    return Torch.floats(owner, numbers(input), shape(input));
  }

  /** An input with its tokens in rows: [batch, seq, width] as [batch seq, width]. */
  NDArray rows(NDManager owner, String input) {
    float[] numbers = numbers(input);
    long[] shape = shape(input);
    long width = shape[shape.length - 1];
    return Torch.floats(owner, numbers, numbers.length / width, width);
  }

  float[] numbers(String input) {
    JsonNode data = json.path("inputs").path(input).path("data");
    float[] numbers = new float[data.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) data.get(i).asDouble();
    }
    return numbers;
  }

  private long[] shape(String input) {
    JsonNode dims = json.path("inputs").path(input).path("shape");
    long[] shape = new long[dims.size()];
    Arrays.setAll(shape, i -> dims.get(i).asLong());
    return shape;
  }
}
