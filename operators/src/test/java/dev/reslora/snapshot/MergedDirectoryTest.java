package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.DType;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.ImportProgress;
import dev.reslora.model.SafetensorsWriter;
import dev.reslora.model.TensorEntry;
import dev.reslora.model.TestModels;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.snapshot.MergedDirectory.Plan;
import dev.reslora.snapshot.MergedDirectory.Written;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergedDirectoryTest {

  private static final int HIDDEN = 16;
  private static final String QUERY = "encoder.layer.1.attention.self.query";

  @TempDir Path directory;

  private static MergedAdapter adapter(String pooling, float scale) {
    Random random = new Random(7);
    float[] a = TestSnapshots.floats(3 * HIDDEN, random);
    float[] b = TestSnapshots.floats(HIDDEN * 3, random);
    for (int i = 0; i < b.length; i++) {
      b[i] *= scale;
    }
    ClassifierHead head =
        new ClassifierHead(
            List.of("ham", "spam", "news"),
            pooling,
            HIDDEN,
            TestSnapshots.floats(3 * HIDDEN, random),
            TestSnapshots.floats(3, random));
    return new MergedAdapter(List.of(new MergedFactor(QUERY, 3, HIDDEN, HIDDEN, a, b)), head);
  }

  private Written merge(Path base, MergedAdapter adapter, DType dtype, long shardBytes)
      throws IOException {
    try (HuggingFaceDirectory opened = HuggingFaceDirectory.open(base)) {
      SortedMap<String, byte[]> files = PeftLayout.write(adapter, "tiny", opened.digest());
      Plan plan = new Plan("mail-v1", dtype, shardBytes, ImportProgress.NONE);
      return MergedDirectory.write(opened, files, directory.resolve("merged"), plan);
    }
  }

  private JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(directory.resolve("merged").resolve(file).toFile());
  }

  @Test
  void addsTheAdapterToItsProjectionsAndLeavesTheRest() throws IOException {
    MergedAdapter adapter = adapter("mean", 0.1f);
    Written written = merge(TestModels.tiny(), adapter, DType.F32, Long.MAX_VALUE);
    try (HuggingFaceDirectory base = HuggingFaceDirectory.open(TestModels.tiny());
        HuggingFaceDirectory merged = HuggingFaceDirectory.open(directory.resolve("merged"))) {
      assertThat(merged.entries().keySet()).isEqualTo(base.entries().keySet());
      for (String name : base.entries().keySet()) {
        float[] expected = base.floats(name);
        if (name.equals(QUERY + ".weight")) {
          float[] delta = adapter.factors().get(0).deltaW();
          assertThat(merged.floats(name)).isNotEqualTo(expected);
          for (int i = 0; i < delta.length; i++) {
            expected[i] += delta[i];
          }
          assertThat(merged.floats(name)).containsExactly(expected, within(1e-6f));
        } else {
          assertThat(merged.floats(name)).as(name).isEqualTo(expected);
        }
      }
      assertThat(merged.name()).isEqualTo("mail-v1");
      assertThat(merged.tokenizerFile()).hasSameBinaryContentAs(base.tokenizerFile());
    }
    assertThat(written.rounding()).isEqualTo(new Rounding(0, 0, 0));
    assertThat(written.classifier()).isFalse();
    assertThat(json("config.json").path("architectures").path(0).asText()).isEqualTo("BertModel");
    assertThat(json("head.json").path("labels")).hasSize(3);
    assertThat(directory.resolve("merged/head.safetensors")).exists();
  }

  @Test
  void cutsIntoShardsWithAnIndex() throws IOException {
    MergedAdapter adapter = adapter("mean", 0.1f);
    merge(TestModels.tiny(), adapter, DType.F32, Long.MAX_VALUE);
    String whole = digest();
    Files.move(directory.resolve("merged"), directory.resolve("whole"));
    Written written = merge(TestModels.tiny(), adapter, DType.F32, 8192);
    assertThat(written.shards()).isBetween(3, 9);
    assertThat(digest()).isEqualTo(whole);
    JsonNode index = json("model.safetensors.index.json");
    assertThat(index.at("/metadata/total_size").longValue()).isEqualTo(written.bytes());
    for (JsonNode file : index.path("weight_map")) {
      assertThat(file.asText()).matches("model-0000\\d-of-0000" + written.shards() + ".*");
    }
    try (HuggingFaceDirectory merged = HuggingFaceDirectory.open(directory.resolve("merged"))) {
      assertThat(index.path("weight_map")).hasSameSizeAs(merged.entries().keySet());
    }
  }

  private String digest() throws IOException {
    try (HuggingFaceDirectory merged = HuggingFaceDirectory.open(directory.resolve("merged"))) {
      return merged.digest();
    }
  }

  @Test
  void saysWhatRoundingCosts() throws IOException {
    Written written = merge(TestModels.tiny(), adapter("mean", 0.01f), DType.BF16, 1 << 20);
    assertThat(written.rounding().weights()).isBetween(1e-4, 0x1p-8);
    assertThat(written.rounding().change()).isBetween(2 * written.rounding().weights(), 1.0);
    assertThat(json("config.json").path("torch_dtype").asText()).isEqualTo("bfloat16");
    try (HuggingFaceDirectory merged = HuggingFaceDirectory.open(directory.resolve("merged"))) {
      assertThat(merged.entries().values()).extracting(TensorEntry::dtype).containsOnly(DType.BF16);
    }
    assertThat(directory.resolve("merged/README.md")).content().contains("bfloat16: rounding");
  }

  @Test
  void leavesNothingBehindWhereANumberIsBeyondTheType() throws IOException {
    assertThatIOException()
        .isThrownBy(() -> merge(TestModels.tiny(), adapter("mean", 1e6f), DType.F16, 1 << 20))
        .withMessageContaining(QUERY + ".weight")
        .withMessageContaining("beyond the type's range");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void refusesAnotherBaseModel() throws IOException {
    try (HuggingFaceDirectory base = HuggingFaceDirectory.open(TestModels.tiny())) {
      Map<String, byte[]> files = PeftLayout.write(adapter("mean", 1), "x", "f".repeat(64));
      Plan plan = new Plan("mail-v1", DType.F32, 1 << 20, ImportProgress.NONE);
      assertThatIOException()
          .isThrownBy(() -> MergedDirectory.write(base, files, directory.resolve("m"), plan))
          .withMessageContaining("f".repeat(64))
          .withMessageContaining(base.digest());
    }
  }

  @Test
  void putsAClassifierOfTheFirstTokenWhereTransformersLooksForIt() throws IOException {
    MergedAdapter adapter = adapter("cls", 0.1f);
    Written written = merge(masked(), adapter, DType.F32, Long.MAX_VALUE);
    assertThat(written.classifier()).isTrue();
    assertThat(written.architecture()).isEqualTo("BertForSequenceClassification");
    assertThat(json("config.json").at("/id2label/2").asText()).isEqualTo("news");
    assertThat(json("config.json").at("/label2id/spam").intValue()).isEqualTo(1);
    assertThat(directory.resolve("merged/head.json")).doesNotExist();
    try (HuggingFaceDirectory merged = HuggingFaceDirectory.open(directory.resolve("merged"))) {
      assertThat(merged.entries()).doesNotContainKey("cls.predictions.bias");
      assertThat(merged.entries()).containsKey("bert.embeddings.LayerNorm.weight");
      assertThat(merged.entries()).containsKey("bert." + QUERY + ".weight");
      float[] dense = merged.floats("bert.pooler.dense.weight");
      float[] out = merged.floats("classifier.weight");
      float[] bias = merged.floats("classifier.bias");
      ClassifierHead head = Objects.requireNonNull(adapter.head());
      float[] hidden = TestSnapshots.floats(HIDDEN, new Random(4));
      for (int i = 0; i < HIDDEN; i++) {
        hidden[i] *= 3;
      }
      for (int row = 0; row < 3; row++) {
        double expected = head.bias()[row];
        double found = bias[row];
        for (int i = 0; i < HIDDEN; i++) {
          expected += head.weight()[row * HIDDEN + i] * hidden[i];
          double pooled = 0;
          for (int k = 0; k < HIDDEN; k++) {
            pooled += dense[i * HIDDEN + k] * hidden[k];
          }
          found += out[row * HIDDEN + i] * (float) Math.tanh((float) pooled);
        }
        assertThat(found).isCloseTo(expected, within(1e-4));
      }
    }
  }

  /** The tiny model as an old checkpoint with a language model's head. */
  private Path masked() throws IOException {
    Path masked = Files.createDirectory(directory.resolve("masked"));
    SafetensorsWriter writer = new SafetensorsWriter();
    try (HuggingFaceDirectory tiny = HuggingFaceDirectory.open(TestModels.tiny())) {
      for (TensorEntry entry : tiny.entries().values()) {
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        String name = "bert." + entry.name().replace("LayerNorm.weight", "LayerNorm.gamma");
        writer.add(name, tiny.floats(entry.name()), shape);
      }
    }
    writer
        .add("cls.predictions.bias", new float[77], 77)
        .write(masked.resolve("model.safetensors"));
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(TestModels.tiny().resolve(file), masked.resolve(file));
    }
    return masked;
  }
}
