package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A language model of the Llama family, of any small shape, as a directory. Its weights are a
 * formula that {@code llama_cases.py} has as well, so that both hold the same model.
 */
final class RandomLlama {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode json;
  final LlamaConfig config;
  final SortedMap<String, float[]> tensors = new TreeMap<>();

  RandomLlama(JsonNode json) {
    this.json = json;
    try {
      this.config = LlamaConfig.of("config.json", json);
    } catch (ModelFileException e) {
      throw new IllegalArgumentException(e);
    }
    config.tensorShapes().forEach((name, shape) -> tensors.put(name, values(name, shape)));
  }

  /** A small one of some variant: fields of its configuration beside, or instead of, the usual. */
  static RandomLlama of(String fields) {
    try {
      ObjectNode json =
          (ObjectNode)
              JSON.readTree(
                  """
                  {"model_type": "llama", "vocab_size": 48, "hidden_size": 16,
                   "intermediate_size": 24, "num_hidden_layers": 4, "num_attention_heads": 4,
                   "num_key_value_heads": 2, "max_position_embeddings": 64, "hidden_act": "silu",
                   "rms_norm_eps": 1e-5, "tie_word_embeddings": false}\
                  """);
      json.setAll((ObjectNode) JSON.readTree("{" + fields + "}"));
      return new RandomLlama(json);
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  float[] tensor(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** Norm weights about 1; the rest wide enough for uneven attention and curved activations. */
  private static float[] values(String name, List<Long> shape) {
    int size = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
    CRC32 seed = new CRC32();
    seed.update(name.getBytes(StandardCharsets.UTF_8));
    double centre = name.endsWith("norm.weight") ? 1 : 0;
    double spread = shape.size() == 2 ? 3 / Math.sqrt(shape.get(1)) : 0.5;
    float[] values = new float[size];
    long state = seed.getValue();
    for (int i = 0; i < size; i++) {
      state = (state * 1664525 + 1013904223) & 0xffffffffL;
      values[i] = (float) (centre + spread * (state / 4294967296.0 - 0.5));
    }
    return values;
  }

  /** Writes the directory; the same model gives the same bytes. */
  Path write(Path directory) throws IOException {
    Files.createDirectories(directory);
    JSON.writeValue(directory.resolve("config.json").toFile(), json);
    SafetensorsWriter writer = new SafetensorsWriter();
    config
        .tensorShapes()
        .forEach(
            (name, shape) ->
                writer.add(
                    name, tensor(name), shape.stream().mapToLong(Long::longValue).toArray()));
    writer.write(directory.resolve("model.safetensors"));
    return directory;
  }
}
