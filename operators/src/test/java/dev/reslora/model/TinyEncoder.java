package dev.reslora.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A small BERT as the exporter would write it: an ONNX file with anonymous, transposed projection
 * matrices, and a tokenizer that cuts at 8 tokens and pads. Its fields can be spoilt before it is
 * written.
 */
final class TinyEncoder {

  static final BertConfig CONFIG =
      new BertConfig("bert", 77, 16, 2, 2, 32, 64, 0, 2, 1e-12, Activation.GELU, 0);
  static final ModelOrigin ORIGIN = new ModelOrigin("tests/tiny", "other", 2, "mean");

  /** Every weight, under BertModel's name. */
  final SortedMap<String, float[]> weights = new TreeMap<>();

  /** Modules of which the exported file lacks the Add with the bias. */
  final List<String> withoutBias = new ArrayList<>();

  String activation = "Erf";
  int dataLocation;

  TinyEncoder() {
    Random random = new Random(17);
    CONFIG.tensorShapes().forEach((name, shape) -> weights.put(name, normal(random, shape)));
  }

  private static float[] normal(Random random, List<Long> shape) {
    float[] values =
        new float[(int) shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.2 * random.nextGaussian());
    }
    return values;
  }

  void writeJar(Path jar) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      put(zip, "tiny.onnx", onnx());
      put(zip, "tiny-tokenizer.json", tokenizer().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(bytes);
  }

  byte[] onnx() {
    Message graph = new Message();
    int number = 0;
    for (Map.Entry<String, List<Long>> each : CONFIG.tensorShapes().entrySet()) {
      String name = each.getKey();
      float[] values = weights.get(name);
      if (values == null) {
        continue;
      }
      List<Long> shape = each.getValue();
      if (isProjection(name)) {
        String module = name.substring(0, name.length() - ".weight".length());
        String anonymous = "onnx::MatMul_" + number++;
        String product = "/" + module + "/MatMul_output_0";
        int out = Math.toIntExact(shape.get(0));
        int in = Math.toIntExact(shape.get(1));
        graph.add(
            5, tensor(anonymous, List.of((long) in, (long) out), transposed(values, out, in)));
        graph.add(1, node("MatMul", List.of("x", anonymous), product));
        if (!withoutBias.contains(module)) {
          graph.add(1, node("Add", List.of(module + ".bias", product), "/" + module + "/Add"));
        }
      } else {
        graph.add(5, tensor(name, shape, values));
      }
    }
    graph.add(1, node(activation, List.of("x"), "y"));
    return new Message().number(1, 6).add(7, graph).bytes();
  }

  private static boolean isProjection(String name) {
    return name.startsWith("encoder.") && name.endsWith(".weight") && !name.contains("LayerNorm");
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] transposed = new float[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        transposed[j * rows + i] = values[i * columns + j];
      }
    }
    return transposed;
  }

  static Message node(String operation, List<String> inputs, String output) {
    Message node = new Message();
    inputs.forEach(input -> node.text(1, input));
    return node.text(2, output).text(4, operation);
  }

  private Message tensor(String name, List<Long> shape, float[] values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    Message tensor = tensor(name, shape, OnnxTensor.FLOAT).raw(9, raw.array());
    return dataLocation == 0 ? tensor : tensor.number(14, dataLocation);
  }

  static Message tensor(String name, List<Long> shape, int type) {
    Message tensor = new Message();
    shape.forEach(size -> tensor.number(1, size));
    return tensor.number(2, type).text(8, name);
  }

  /** Letters and digits, alone and as a word's continuation. */
  static String tokenizer() {
    List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (String prefix : List.of("", "##")) {
      "abcdefghijklmnopqrstuvwxyz0123456789".chars().forEach(c -> tokens.add(prefix + (char) c));
    }
    StringBuilder vocabulary = new StringBuilder();
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.append(id == 0 ? "" : ",").append("\"" + tokens.get(id) + "\":" + id);
    }
    return """
        {"version": "1.0",
         "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
         "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
           "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
         "added_tokens": [],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
           "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
           "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
             {"Sequence": {"id": "B", "type_id": 1}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
           "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
             "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
         "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
           "max_input_chars_per_word": 100, "vocab": {%s}}}
        """
        .formatted(vocabulary);
  }

  /** Writes protobuf's wire format. */
  static final class Message {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message text(int field, String value) {
      return raw(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message add(int field, Message value) {
      return raw(field, value.bytes());
    }

    Message raw(int field, byte[] value) {
      varint(((long) field << 3) | 2);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
