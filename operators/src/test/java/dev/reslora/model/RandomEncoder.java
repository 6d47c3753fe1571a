package dev.reslora.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** An encoder of the BERT family with random weights, of any small shape, as a directory. */
final class RandomEncoder {

  static final int VOCABULARY = 40;
  static final int POSITIONS = 24;

  final int layers;
  final int hidden;
  final int heads;
  final int intermediate;
  final SortedMap<String, float[]> tensors = new TreeMap<>();
  private final SortedMap<String, Object> json;

  /**
   * An encoder of four layers.
   *
   * @param modelType bert or roberta
   * @param activation as configurations name it
   */
  RandomEncoder(String modelType, String activation) {
    this(modelType, activation, 4, 16, 2, 24);
  }

  RandomEncoder(
      String modelType, String activation, int layers, int hidden, int heads, int intermediate) {
    this.layers = layers;
    this.hidden = hidden;
    this.heads = heads;
    this.intermediate = intermediate;
    this.json =
        new TreeMap<>(
            Map.of(
                "model_type", modelType,
                "vocab_size", VOCABULARY,
                "hidden_size", hidden,
                "num_hidden_layers", layers,
                "num_attention_heads", heads,
                "intermediate_size", intermediate,
                "max_position_embeddings", POSITIONS,
                "hidden_act", activation,
                "pad_token_id", 1,
                "layer_norm_eps", 1e-5));
    Random random = new Random(11);
    shapes().forEach((name, shape) -> tensors.put(name, values(random, name, shape)));
  }

  BertConfig config() {
    try {
      return BertConfig.of("config.json", new ObjectMapper().valueToTree(json));
    } catch (ModelFileException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A tensor's numbers, which may be changed before the directory is written. */
  float[] tensor(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  SortedMap<String, List<Long>> shapes() {
    return config().tensorShapes();
  }

  /** Norm weights about 1; the rest wide enough for uneven attention and curved activations. */
  private static float[] values(Random random, String name, List<Long> shape) {
    int size = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
    float[] values = new float[size];
    double centre = name.endsWith("LayerNorm.weight") ? 1 : 0;
    double spread = shape.size() == 2 ? 0.8 / Math.sqrt(shape.get(1)) : 0.2;
    for (int i = 0; i < size; i++) {
      values[i] = (float) (centre + spread * random.nextGaussian());
    }
    return values;
  }

  /** Writes the directory; the same encoder gives the same bytes. */
  Path write(Path directory) throws IOException {
    Files.createDirectories(directory);
    new ObjectMapper().writeValue(directory.resolve("config.json").toFile(), json);
    SafetensorsWriter writer = new SafetensorsWriter();
    shapes()
        .forEach(
            (name, shape) ->
                writer.add(
                    name, tensor(name), shape.stream().mapToLong(Long::longValue).toArray()));
    writer.write(directory.resolve("model.safetensors"));
    return directory;
  }
}
