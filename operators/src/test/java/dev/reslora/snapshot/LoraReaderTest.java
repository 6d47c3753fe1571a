package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.model.SafetensorsWriter;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.LoraAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraReaderTest {

  private static final String LAYER = "base_model.model.bert.encoder.layer.0.attention.self.query";

  @TempDir Path directory;

  @Test
  void readsVersionsOfOurOwn() throws IOException {
    for (Map.Entry<String, byte[]> file :
        PeftLayout.write(TestSnapshots.adapter(1), "minilm", "b".repeat(64)).entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }

    LoraAdapter adapter = LoraReader.read(directory);

    assertThat(adapter.rank()).isEqualTo(8);
    assertThat(adapter.scale()).isEqualTo(1);
    assertThat(adapter.baseModelDigest()).isEqualTo("b".repeat(64));
    assertThat(adapter.factors())
        .extracting(LoraAdapter.Factor::module)
        .containsExactlyInAnyOrder(
            "encoder.layer.2.attention.self.query", "encoder.layer.10.attention.self.query");
    assertThat(adapter.head())
        .usingRecursiveComparison()
        .isEqualTo(TestSnapshots.adapter(1).head());
  }

  @Test
  void scalesByTheRootOfTheRankWhereTheConfigurationSaysSo() throws IOException {
    write(
        "{\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 6, \"use_rslora\": true}", factors());
    assertThat(LoraReader.read(directory).scale()).isCloseTo(3, within(1e-12));
    assertThat(LoraReader.read(directory).head()).isNull();
  }

  @Test
  void readsAClassifierOfModulesToSaveWhereItsLabelsAreNamed() throws IOException {
    write(saving("[\"classifier\", \"score\"]"), classified());
    assertThatThrownBy(() -> LoraReader.read(directory))
        .hasMessageContaining("the labels of the classifier 'base_model.model.classifier.weight'")
        .hasMessageContaining("write a head.json");

    Files.writeString(
        directory.resolve("head.json"),
        "{\"labels\": [\"ham\", \"spam\"], \"pooling\": \"cls\", \"hidden\": 3}");

    ClassifierHead head = Objects.requireNonNull(LoraReader.read(directory).head());
    assertThat(head.labels()).containsExactly("ham", "spam");
    assertThat(head.pooling()).isEqualTo("cls");
    assertThat(head.weight()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(head.bias()).containsExactly(7, 8);
  }

  @Test
  void refusesTensorsThatNothingTakes() throws IOException {
    write(saving("null"), classified());
    assertThatThrownBy(() -> LoraReader.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tensor 'base_model.model.classifier.bias' is neither a factor nor");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'r': 4, 'lora_alpha': 8, 'peft_type': 'IA3'           | peft_type must be LORA",
        "'r': 4, 'lora_alpha': 8, 'use_dora': true             | use_dora must be false",
        "'r': 4, 'lora_alpha': 8, 'rank_pattern': {'query': 2} | rank_pattern must be {}",
        "'r': 4, 'lora_alpha': 8, 'init_lora_weights': 'pissa' | init_lora_weights must be one that",
        "'r': 4, 'lora_alpha': 8, 'alora_invocation_tokens': [1] | alora_invocation_tokens must be unset",
        "'r': 4, 'lora_alpha': 8, 'use_qalora': true           | use_qalora must be unset",
        "'r': 4, 'lora_alpha': 0                               | lora_alpha must be a number above 0",
        "'r': 0, 'lora_alpha': 8                               | r must be 1 to 512",
        "'r': 8, 'lora_alpha': 8                               | must have shape [8, 3]",
      })
  void refusesWhatChangesTheMeaningOfTheFactors(String field, String problem) throws IOException {
    write("{" + field.replace('\'', '"') + "}", factors());
    assertThatThrownBy(() -> LoraReader.read(directory)).hasMessageContaining(problem);
  }

  @Test
  void namesAFileThatIsMissing() throws IOException {
    Files.writeString(directory.resolve("adapter_config.json"), saving("null"));
    assertThatThrownBy(() -> LoraReader.read(directory))
        .hasMessageContaining("adapter_model.safetensors is missing");
  }

  private static String saving(String modules) {
    return "{\"r\": 4, \"lora_alpha\": 8, \"modules_to_save\": " + modules + "}";
  }

  private static SafetensorsWriter factors() {
    return new SafetensorsWriter()
        .add(LAYER + ".lora_A.weight", new float[12], 4, 3)
        .add(LAYER + ".lora_B.weight", new float[12], 3, 4);
  }

  private static SafetensorsWriter classified() {
    return factors()
        .add("base_model.model.classifier.weight", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
        .add("base_model.model.classifier.bias", new float[] {7, 8}, 2);
  }

  private void write(String config, SafetensorsWriter tensors) throws IOException {
    Files.writeString(directory.resolve("adapter_config.json"), config);
    tensors.write(directory.resolve("adapter_model.safetensors"));
  }
}
