package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OnnxEncoderTest {

  @Test
  void dequantisesByColumnAndByTensor() throws IOException {
    TinyEncoder.Message graph =
        new TinyEncoder.Message()
            .add(
                5,
                TinyEncoder.tensor("onnx::MatMul_1_quantized", List.of(2L, 3L), OnnxTensor.INT8)
                    .raw(9, new byte[] {1, 2, 3, -4, -5, -128}))
            .add(
                5,
                TinyEncoder.tensor("onnx::MatMul_1_scale", List.of(3L), OnnxTensor.FLOAT)
                    .raw(4, floats(0.5f, 2, 1)))
            .add(
                5,
                TinyEncoder.tensor("onnx::MatMul_1_zero_point", List.of(3L), OnnxTensor.INT8)
                    .raw(5, new byte[] {0, 1, 2}))
            .add(
                5,
                TinyEncoder.tensor("encoder.x.bias", List.of(3L), OnnxTensor.FLOAT)
                    .raw(9, floats(1, 2, 3)))
            .add(
                5,
                TinyEncoder.tensor(
                        "embeddings.w.weight_quantized", List.of(2L, 1L), OnnxTensor.UINT8)
                    .raw(9, new byte[] {(byte) 255, 0}))
            .add(
                5,
                TinyEncoder.tensor("embeddings.w.weight_scale", List.of(), OnnxTensor.FLOAT)
                    .raw(4, floats(0.25f)))
            .add(
                5,
                TinyEncoder.tensor("embeddings.w.weight_zero_point", List.of(), OnnxTensor.UINT8)
                    .number(5, 128))
            .add(
                1, TinyEncoder.node("MatMulInteger", List.of("q", "onnx::MatMul_1_quantized"), "a"))
            .add(1, TinyEncoder.node("Cast", List.of("a"), "b"))
            .add(1, TinyEncoder.node("Mul", List.of("b", "scales"), "c"))
            .add(1, TinyEncoder.node("Add", List.of("encoder.x.bias", "c"), "d"));
    Map<String, OnnxEncoder.Weights> weights = OnnxEncoder.read(parse(model(graph)));
    assertThat(weights)
        .containsOnlyKeys("embeddings.w.weight", "encoder.x.bias", "encoder.x.weight");
    assertThat(weights.values())
        .extracting(each -> Arrays.toString(each.shape()) + " " + Arrays.toString(each.values()))
        .containsExactly(
            "[2, 1] [31.75, -32.0]",
            "[3] [1.0, 2.0, 3.0]",
            "[3, 2] [0.5, -2.0, 2.0, -12.0, 1.0, -130.0]");
  }

  @Test
  void refusesAMatrixWithoutItsBias() {
    TinyEncoder tiny = new TinyEncoder();
    tiny.withoutBias.add("encoder.layer.1.output.dense");
    assertRefused(tiny, "is not followed by the bias of a projection");
  }

  @Test
  void refusesAnotherActivation() {
    TinyEncoder tiny = new TinyEncoder();
    tiny.activation = "Tanh";
    assertRefused(tiny, "expected an encoder with exact gelu");
  }

  @Test
  void refusesWeightsInAnotherFile() {
    TinyEncoder tiny = new TinyEncoder();
    tiny.dataLocation = 1;
    assertRefused(tiny, "lies in another file");
  }

  @Test
  void namesAMissingWeight() {
    TinyEncoder tiny = new TinyEncoder();
    tiny.weights.remove("encoder.layer.0.attention.output.LayerNorm.weight");
    assertRefused(
        tiny,
        "tensor 'encoder.layer.0.attention.output.LayerNorm.weight': expected shape [16], found none");
  }

  @Test
  void namesAWeightWhoseBytesDoNotFillItsShape() {
    TinyEncoder tiny = new TinyEncoder();
    tiny.weights.put("embeddings.LayerNorm.bias", new float[15]);
    assertRefused(tiny, "'embeddings.LayerNorm.bias' of shape [16] has 15 elements");
  }

  @Test
  void refusesHeadsThatDoNotDivideTheWidth() {
    assertThatThrownBy(() -> read(new TinyEncoder().onnx(), 3))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("16 wide, which 3 heads do not divide");
  }

  @Test
  void refusesBytesThatAreNoModel() {
    for (byte[] bytes :
        new byte[][] {
          {}, {1, 2, 3}, "PK not a model".getBytes(StandardCharsets.UTF_8), {0x3a, 0x7f}
        }) {
      assertThatThrownBy(() -> parse(bytes))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("is not an ONNX model");
    }
  }

  /** Any bytes give an encoder or a named refusal. */
  @Test
  void survivesTwoThousandMutations() throws IOException {
    byte[] onnx = new TinyEncoder().onnx();
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] mutated = onnx.clone();
      for (int edits = 1 + random.nextInt(20); edits > 0; edits--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      try {
        read(mutated, 2);
      } catch (ModelFileException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 1999);
  }

  private static void assertRefused(TinyEncoder tiny, String message) {
    assertThatThrownBy(() -> read(tiny.onnx(), 2))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("tiny.onnx")
        .hasMessageContaining(message);
  }

  private static void read(byte[] onnx, int heads) throws IOException {
    OnnxGraph graph = parse(onnx);
    OnnxEncoder.config(graph, OnnxEncoder.read(graph), heads);
  }

  private static OnnxGraph parse(byte[] onnx) throws IOException {
    return OnnxGraph.parse("tiny.onnx", ByteBuffer.wrap(onnx));
  }

  private static byte[] model(TinyEncoder.Message graph) {
    return new TinyEncoder.Message().add(7, graph).bytes();
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
