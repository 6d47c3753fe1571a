package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceDirectoryTest {

  private static final float[] W = {1, 2, 3, 4, 5, 6};
  private static final float[] B = {7, 8};

  @TempDir Path directory;

  @BeforeEach
  void writeConfig() throws IOException {
    write("config.json", "{\"model_type\":\"bert\",\"hidden_size\":2}");
  }

  @Test
  void readsOneFile() throws IOException {
    single("");
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      assertThat(model.tensor("x.weight", 2, 3)).containsExactly(W);
      assertThat(model.hasTensor("x.bias")).isTrue();
      assertThat(model.hasTensor("y.bias")).isFalse();
      assertThat(model.entries()).containsOnlyKeys("x.bias", "x.weight");
      assertThat(model.name()).isEqualTo(directory.getFileName().toString());
    }
  }

  @Test
  void readsShardsAndDigestsThemAsOneFile() throws IOException {
    single("");
    String digest = digest();
    Files.delete(directory.resolve("model.safetensors"));
    shards();
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      assertThat(model.tensor("x.weight", 2, 3)).containsExactly(W);
      assertThat(model.tensor("x.bias", 2)).containsExactly(B);
      assertThat(model.digest()).isEqualTo(digest);
    }
  }

  @Test
  void digestsWhatTheModelIsAndNotHowItIsWrittenOrCalled() throws IOException {
    single("");
    String digest = digest();
    write(
        "config.json",
        "{ \"hidden_size\": 2, \"_name_or_path\": \"org/name\", \"model_type\": \"bert\" }");
    assertThat(digest()).isEqualTo(digest);
    write("config.json", "{\"model_type\":\"bert\",\"hidden_size\":3}");
    assertThat(digest()).isNotEqualTo(digest);
    writeConfig();
    new SafetensorsWriter()
        .add("x.weight", W, 3, 2)
        .add("x.bias", B, 2)
        .write(directory.resolve("model.safetensors"));
    assertThat(digest()).isNotEqualTo(digest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert.", "roberta.", "model."})
  void findsTensorsOfAHeadModel(String prefix) throws IOException {
    single(prefix);
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      assertThat(model.tensor("x.bias", 2)).containsExactly(B);
    }
  }

  @Test
  void findsTheOldNamesOfLayerNorms() throws IOException {
    new SafetensorsWriter()
        .add("bert.embeddings.LayerNorm.gamma", B, 2)
        .write(directory.resolve("model.safetensors"));
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      assertThat(model.tensor("embeddings.LayerNorm.weight", 2)).containsExactly(B);
    }
  }

  @Test
  void namesAMissingTensorAndAWrongShape() throws IOException {
    single("bert.");
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      assertThatThrownBy(() -> model.tensor("y", 1))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("has no tensor 'y'; it has 2, among them bert.x.bias");
      assertThatThrownBy(() -> model.tensor("x.weight", 3, 2))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("'bert.x.weight' has shape [2, 3], expected [3, 2]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/model.safetensors",
        "sub/model.safetensors",
        "..\\\\model.safetensors",
        ".safetensors",
        "pytorch_model.bin",
        ""
      })
  void refusesAnIndexThatLeadsElsewhere(String shard) throws IOException {
    write("model.safetensors.index.json", "{\"weight_map\":{\"x\":\"" + shard + "\"}}");
    assertRefused("tensor 'x': expected the name of a .safetensors file");
  }

  @Test
  void refusesAnIndexThatDoesNotFitItsShards() throws IOException {
    shards();
    write("model.safetensors.index.json", "{\"weight_map\":{\"x.bias\":\"a.safetensors\"}}");
    assertRefused("'x.bias' is not in a.safetensors as the index says");
    write("model.safetensors.index.json", "{\"weight_map\":[]}");
    assertRefused("has no object weight_map");
  }

  @Test
  void refusesADirectoryWithoutWeightsOrConfiguration() throws IOException {
    assertRefused("has neither model.safetensors nor model.safetensors.index.json");
    write("config.json", "{\"a\":1,\"a\":2}");
    assertRefused("Duplicate field 'a'");
    write("config.json", "[]");
    assertRefused("expected a JSON object, found ARRAY");
    write("config.json", "[".repeat(100_000));
    assertRefused("config.json: is not valid JSON");
    Files.delete(directory.resolve("config.json"));
    assertRefused("config.json: does not exist");
    assertThatThrownBy(() -> HuggingFaceDirectory.open(directory.resolve("none")))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("is not a directory");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> HuggingFaceDirectory.open(directory))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining(message);
  }

  private String digest() throws IOException {
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(directory)) {
      return model.digest();
    }
  }

  private void single(String prefix) throws IOException {
    new SafetensorsWriter()
        .add(prefix + "x.weight", W, 2, 3)
        .add(prefix + "x.bias", B, 2)
        .write(directory.resolve("model.safetensors"));
  }

  private void shards() throws IOException {
    new SafetensorsWriter().add("x.weight", W, 2, 3).write(directory.resolve("a.safetensors"));
    new SafetensorsWriter().add("x.bias", B, 2).write(directory.resolve("b.safetensors"));
    write(
        "model.safetensors.index.json",
        """
        {"metadata": {"total_size": 32},
         "weight_map": {"x.weight": "a.safetensors", "x.bias": "b.safetensors"}}
        """);
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(directory.resolve(file), text);
  }
}
