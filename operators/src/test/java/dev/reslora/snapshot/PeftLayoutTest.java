package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.SafetensorsFile;
import dev.reslora.model.SafetensorsWriter;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PeftLayoutTest {

  private static final String MODULE = "encoder.layer.0.attention.self.query";

  private final MergedAdapter adapter = TestSnapshots.adapter(1);
  private final SortedMap<String, byte[]> files = PeftLayout.write(adapter, "minilm", "abc");

  private byte[] file(String name) {
    return Objects.requireNonNull(files.get(name), name);
  }

  @Test
  void writesTheConfigurationThatPeftReads() throws IOException {
    JsonNode config = new ObjectMapper().readTree(files.get("adapter_config.json"));
    assertThat(config.path("peft_type").asText()).isEqualTo("LORA");
    assertThat(config.path("task_type").asText()).isEqualTo("FEATURE_EXTRACTION");
    assertThat(config.path("base_model_name_or_path").asText()).isEqualTo("minilm");
    assertThat(config.path("r").intValue()).isEqualTo(8);
    assertThat(config.path("lora_alpha").intValue()).isEqualTo(8);
    assertThat(config.path("rank_pattern")).isEmpty();
    assertThat(config.path("target_modules"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "encoder.layer.2.attention.self.query", "encoder.layer.10.attention.self.query");
  }

  @Test
  void padsEveryFactorToOneRankWithZeros() throws IOException {
    MergedFactor narrow = adapter.factors().get(0);
    String path = "base_model.model." + narrow.module();
    try (SafetensorsFile weights =
        SafetensorsFile.of("weights", file("adapter_model.safetensors"))) {
      assertThat(weights.metadata()).containsEntry("format", "pt");
      float[] a = weights.floats(path + ".lora_A.weight");
      float[] b = weights.floats(path + ".lora_B.weight");
      assertThat(Arrays.copyOf(a, 12)).isEqualTo(narrow.a());
      assertThat(Arrays.copyOfRange(a, 12, 48)).containsOnly(0f);
      for (int row = 0; row < 6; row++) {
        assertThat(Arrays.copyOfRange(b, row * 8, row * 8 + 2))
            .isEqualTo(Arrays.copyOfRange(narrow.b(), row * 2, row * 2 + 2));
        assertThat(Arrays.copyOfRange(b, row * 8 + 2, row * 8 + 8)).containsOnly(0f);
      }
    }
  }

  @Test
  void choosesTheSmallestRankThatServersHaveKernelsFor() throws IOException {
    assertThat(List.of(rank(1), rank(2), rank(8), rank(9), rank(129), rank(257), rank(512)))
        .containsExactly(1, 8, 8, 16, 256, 320, 512);
    assertThatIllegalArgumentException().isThrownBy(() -> rank(513)).withMessageContaining("513");
  }

  private static int rank(int largest) throws IOException {
    MergedFactor factor = TestSnapshots.factor(MODULE, largest, new Random(1));
    SortedMap<String, byte[]> files =
        PeftLayout.write(new MergedAdapter(List.of(factor), null), "m", "d");
    return PeftLayout.read(files).factors().get(0).rank();
  }

  @Test
  void writesTheSameBytesForTheSameAdapter() {
    SortedMap<String, byte[]> again = PeftLayout.write(TestSnapshots.adapter(1), "minilm", "abc");
    assertThat(again.keySet())
        .containsExactly(
            "adapter_config.json", "adapter_model.safetensors", "head.json", "head.safetensors");
    again.forEach((name, bytes) -> assertThat(bytes).isEqualTo(files.get(name)));
  }

  @Test
  void readsBackTheSameProductsInExecutionOrder() throws IOException {
    MergedAdapter back = PeftLayout.read(files);
    assertThat(back.factors()).hasSize(2);
    for (int i = 0; i < 2; i++) {
      MergedFactor found = back.factors().get(i);
      MergedFactor original = adapter.factors().get(i);
      assertThat(found.module()).isEqualTo(original.module());
      assertThat(product(found)).isEqualTo(product(original));
    }
    ClassifierHead head = back.head();
    ClassifierHead expected = adapter.head();
    assertThat(head).usingRecursiveComparison().isEqualTo(expected);
  }

  /** B A with terms in order of the rank, so that zeros change no bit. */
  private static float[] product(MergedFactor factor) {
    float[] product = new float[factor.out() * factor.in()];
    for (int row = 0; row < factor.out(); row++) {
      for (int r = 0; r < factor.rank(); r++) {
        for (int column = 0; column < factor.in(); column++) {
          product[row * factor.in() + column] +=
              factor.b()[row * factor.rank() + r] * factor.a()[r * factor.in() + column];
        }
      }
    }
    return product;
  }

  @Test
  void leavesTheHeadOutForALanguageModel() throws IOException {
    MergedAdapter plain = new MergedAdapter(adapter.factors(), null);
    SortedMap<String, byte[]> files = PeftLayout.write(plain, "llama", "abc");
    assertThat(files.keySet()).containsExactly("adapter_config.json", "adapter_model.safetensors");
    assertThat(new String(files.get("adapter_config.json"), StandardCharsets.UTF_8))
        .contains("CAUSAL_LM");
    assertThat(PeftLayout.read(files).head()).isNull();
  }

  @Test
  void refusesAConfigurationThatWouldChangeWhatTheFactorsMean() {
    refuses("\"use_dora\" : false", "\"use_dora\" : true", "use_dora must be false");
    refuses("\"use_rslora\" : false", "\"use_rslora\" : true", "use_rslora must be false");
    refuses("\"rank_pattern\" : { }", "\"rank_pattern\" : {\"x\": 4}", "rank_pattern must be {}");
    refuses("\"lora_alpha\" : 8", "\"lora_alpha\" : 16", "lora_alpha must be r");
    refuses("\"r\" : 8", "\"r\" : 1000000000", "r must be 1 to 512, found 1000000000");
    refuses("\"LORA\"", "\"IA3\"", "peft_type must be LORA, found \"IA3\"");
    refuses("{", "[", "adapter_config.json: not valid JSON");
  }

  private void refuses(String text, String replacement, String message) {
    String config = new String(files.get("adapter_config.json"), StandardCharsets.UTF_8);
    assertThat(config).contains(text);
    byte[] bytes = config.replace(text, replacement).getBytes(StandardCharsets.UTF_8);
    refuses("adapter_config.json", bytes, message);
  }

  private void refuses(String name, byte[] bytes, String message) {
    Map<String, byte[]> changed = new TreeMap<>(files);
    changed.put(name, bytes);
    assertThatIOException()
        .isThrownBy(() -> PeftLayout.read(changed))
        .withMessageContaining(message);
  }

  @Test
  void refusesWeightsThatDoNotFitTheirConfiguration() {
    String a = "base_model.model." + adapter.factors().get(0).module() + ".lora_A.weight";
    refuses(
        "adapter_model.safetensors",
        new SafetensorsWriter().add(a, new float[48], 8, 6).toByteArray(),
        "lora_A.weight' of target_modules is missing");
    refuses(
        "head.safetensors",
        new SafetensorsWriter()
            .add("weight", new float[6], 1, 6)
            .add("bias", new float[1], 1)
            .toByteArray(),
        "'weight' must have shape [2, 6], found [1, 6]");
    refuses(
        "head.safetensors",
        new SafetensorsWriter()
            .add("weight", new float[12], 2, 6)
            .add("bias", new float[] {0, Float.NaN}, 2)
            .toByteArray(),
        "'bias' must be finite, found NaN");
    refuses("adapter_model.safetensors", new byte[4], "adapter_model.safetensors");
  }

  @Test
  void refusesTensorsThatNoTargetNames() {
    SafetensorsWriter weights = new SafetensorsWriter();
    for (MergedFactor factor : adapter.factors()) {
      String path = "base_model.model." + factor.module();
      weights.add(path + ".lora_A.weight", new float[48], 8, 6);
      weights.add(path + ".lora_B.weight", new float[48], 6, 8);
    }
    weights.add("base_model.model.pooler.dense.lora_A.weight", new float[48], 8, 6);
    refuses(
        "adapter_model.safetensors", weights.toByteArray(), "belongs to none of target_modules");
  }

  @Test
  void refusesHalfAHead() {
    Map<String, byte[]> half = new TreeMap<>(files);
    half.remove("head.safetensors");
    assertThatIOException()
        .isThrownBy(() -> PeftLayout.read(half))
        .withMessageContaining("head.safetensors is missing");
  }

  @Test
  void readsMutatedFilesOrRefusesThem() {
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 4_000; i++) {
      Map<String, byte[]> changed = new TreeMap<>(files);
      String name = List.copyOf(files.keySet()).get(random.nextInt(4));
      byte[] bytes = file(name).clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[random.nextInt(Math.min(bytes.length, 600))] ^= (byte) (1 + random.nextInt(255));
      }
      changed.put(name, random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(600)));
      try {
        assertThat(PeftLayout.read(changed).factors()).isNotEmpty();
      } catch (IOException e) {
        assertThat(e).hasMessageFindingMatch("(config|model|head)[^:]*: |tensor '");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(2_000);
  }
}
