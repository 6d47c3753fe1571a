package dev.reslora.model;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * The weights of a BERT encoder that was exported to ONNX, under BertModel's names. The exporter
 * keeps the names of embeddings, biases and norms; projection matrices become anonymous and
 * transposed ({@code onnx::MatMul_787}, [in, out]), and their name is found by following the
 * product to the bias that is added to it. Quantised weights are q with scale and zero point:
 * {@code (q - zero) scale}, per tensor or per column.
 */
final class OnnxEncoder {

  private static final String QUANTIZED = "_quantized";
  private static final String BIAS = ".bias";
  private static final Set<String> PRODUCTS = Set.of("MatMul", "MatMulInteger");

  /** What a quantised product passes through on its way to the bias. */
  private static final Set<String> RESCALING = Set.of("Cast", "Mul");

  private final OnnxGraph graph;
  private final SortedMap<String, Weights> named = new TreeMap<>();

  private OnnxEncoder(OnnxGraph graph) {
    this.graph = graph;
  }

  /** Every weight by its name in BertModel, float32. */
  static SortedMap<String, Weights> read(OnnxGraph graph) throws IOException {
    OnnxEncoder encoder = new OnnxEncoder(graph);
    encoder.addNamed();
    encoder.addProjections();
    return encoder.named;
  }

  private void addNamed() throws IOException {
    for (OnnxTensor tensor : graph.tensors().values()) {
      String name = weightName(tensor);
      if (name.startsWith("embeddings.") || name.startsWith("encoder.")) {
        if (tensor.isFloat() || !name.equals(tensor.name())) {
          named.put(name, weights(name));
        }
      }
    }
    named.keySet().removeIf(name -> !name.endsWith(".weight") && !name.endsWith(BIAS));
  }

  private void addProjections() throws IOException {
    for (OnnxGraph.Node node : graph.nodes()) {
      if (PRODUCTS.contains(node.operation()) && node.inputs().size() > 1) {
        OnnxTensor matrix = graph.tensors().get(node.inputs().get(1));
        if (matrix != null) {
          String name = projection(node) + ".weight";
          if (named.put(name, weights(weightName(matrix)).transposed(graph.file(), name)) != null) {
            throw new ModelFileException(graph.file(), "two matrices lead to '" + name + "'");
          }
        }
      }
    }
  }

  /** The module whose bias is added to this product. */
  private String projection(OnnxGraph.Node product) throws ModelFileException {
    OnnxGraph.Node node = product;
    for (int step = 0; step < 4; step++) {
      List<OnnxGraph.Node> consumers =
          node.outputs().isEmpty() ? List.of() : graph.consumersOf(node.outputs().get(0));
      if (consumers.size() != 1) {
        break;
      }
      node = consumers.get(0);
      if (node.operation().equals("Add")) {
        for (String input : node.inputs()) {
          if (graph.tensors().containsKey(input) && input.endsWith(BIAS)) {
            return input.substring(0, input.length() - BIAS.length());
          }
        }
      }
      if (!RESCALING.contains(node.operation())) {
        break;
      }
    }
    throw new ModelFileException(
        graph.file(),
        "matrix '" + product.inputs().get(1) + "' is not followed by the bias of a projection");
  }

  private static String weightName(OnnxTensor tensor) {
    String name = tensor.name();
    return name.endsWith(QUANTIZED) ? name.substring(0, name.length() - QUANTIZED.length()) : name;
  }

  private Weights weights(String name) throws IOException {
    OnnxTensor plain = graph.tensors().get(name);
    if (plain != null) {
      return new Weights(plain.values(graph.file()), plain.shape());
    }
    OnnxTensor quantized = require(name + QUANTIZED);
    float[] values = quantized.values(graph.file());
    float[] scale = require(name + "_scale").values(graph.file());
    float[] zero = require(name + "_zero_point").values(graph.file());
    long[] shape = quantized.shape();
    long columns = shape.length == 0 ? 1 : shape[shape.length - 1];
    boolean perColumn = scale.length == columns;
    if (scale.length != zero.length || !(perColumn || scale.length == 1)) {
      throw new ModelFileException(
          graph.file(),
          "tensor '"
              + name
              + "' has "
              + scale.length
              + " scales and "
              + zero.length
              + " zero points, expected 1 or "
              + columns);
    }
    for (int i = 0; i < values.length; i++) {
      int column = perColumn ? (int) (i % columns) : 0;
      values[i] = (values[i] - zero[column]) * scale[column];
    }
    return new Weights(values, shape);
  }

  private OnnxTensor require(String name) throws ModelFileException {
    OnnxTensor tensor = graph.tensors().get(name);
    if (tensor == null) {
      throw new ModelFileException(graph.file(), "has no tensor '" + name + "'");
    }
    return tensor;
  }

  /**
   * Shape of the encoder behind these weights; heads leave no trace in them.
   *
   * @throws ModelFileException when a weight is missing or of another shape than its like
   */
  static BertConfig config(OnnxGraph graph, Map<String, Weights> weights, int heads)
      throws ModelFileException {
    if (graph.nodes().stream().noneMatch(node -> node.operation().equals("Erf"))) {
      throw new ModelFileException(graph.file(), "has no Erf: expected an encoder with exact gelu");
    }
    long layers =
        weights.keySet().stream()
            .filter(name -> name.matches("encoder\\.layer\\.\\d+\\.output\\.dense\\.weight"))
            .count();
    int[] words = matrix(graph, weights, "embeddings.word_embeddings.weight");
    if (words[1] % heads != 0) {
      throw new ModelFileException(
          graph.file(), "is " + words[1] + " wide, which " + heads + " heads do not divide");
    }
    BertConfig config =
        new BertConfig(
            "bert",
            words[0],
            words[1],
            (int) layers,
            heads,
            matrix(graph, weights, "encoder.layer.0.intermediate.dense.weight")[0],
            matrix(graph, weights, "embeddings.position_embeddings.weight")[0],
            0,
            matrix(graph, weights, "embeddings.token_type_embeddings.weight")[0],
            1e-12,
            Activation.GELU,
            0);
    for (Map.Entry<String, List<Long>> expected : config.tensorShapes().entrySet()) {
      Weights found = weights.get(expected.getKey());
      if (found == null || !found.hasShape(expected.getValue())) {
        throw new ModelFileException(
            graph.file(),
            "tensor '"
                + expected.getKey()
                + "': expected shape "
                + expected.getValue()
                + ", found "
                + (found == null ? "none" : LongStream.of(found.shape).boxed().toList()));
      }
    }
    return config;
  }

  private static int[] matrix(OnnxGraph graph, Map<String, Weights> weights, String name)
      throws ModelFileException {
    Weights found = weights.get(name);
    if (found == null || found.shape.length != 2) {
      throw new ModelFileException(graph.file(), "has no matrix '" + name + "'");
    }
    return new int[] {(int) found.shape[0], (int) found.shape[1]};
  }

  /**
   * A tensor in memory.
   *
   * @param values row-major
   * @param shape sizes, outermost first
   */
  record Weights(float[] values, long[] shape) {

    boolean hasShape(List<Long> expected) {
      return LongStream.of(shape).boxed().toList().equals(expected);
    }

    /** [in, out] → [out, in]. */
    Weights transposed(String file, String name) throws ModelFileException {
      if (shape.length != 2) {
        throw new ModelFileException(
            file, "tensor '" + name + "' has " + shape.length + " dimensions, expected 2");
      }
      int in = (int) shape[0];
      int out = (int) shape[1];
      float[] transposed = new float[values.length];
      for (int i = 0; i < in; i++) {
        for (int j = 0; j < out; j++) {
          transposed[j * in + i] = values[i * out + j];
        }
      }
      return new Weights(transposed, new long[] {out, in});
    }
  }
}
