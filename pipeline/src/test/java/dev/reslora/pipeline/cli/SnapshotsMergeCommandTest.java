package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.pipeline.TestModels;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.snapshot.PeftLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsMergeCommandTest {

  private static final int HIDDEN = 384;

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int snapshots(Object... args) {
    List<String> all = new ArrayList<>(List.of("snapshots"));
    for (Object arg : args) {
      all.add(arg.toString());
    }
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  @BeforeEach
  void pull() throws IOException {
    Random random = new Random(5);
    MergedFactor factor =
        new MergedFactor(
            "encoder.layer.0.attention.self.query",
            8,
            HIDDEN,
            HIDDEN,
            floats(8 * HIDDEN, random),
            floats(HIDDEN * 8, random));
    ClassifierHead head =
        new ClassifierHead(
            List.of("ham", "spam"), "mean", HIDDEN, floats(2 * HIDDEN, random), floats(2, random));
    try (HuggingFaceDirectory base = HuggingFaceDirectory.open(TestModels.minilm())) {
      Files.createDirectory(adapter());
      Map<String, byte[]> files =
          PeftLayout.write(new MergedAdapter(List.of(factor), head), base.name(), base.digest());
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Files.write(adapter().resolve(file.getKey()), file.getValue());
      }
    }
  }

  private Path adapter() {
    return directory.resolve("mail-v3");
  }

  private static float[] floats(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    return values;
  }

  @Test
  void mergesAPulledVersionIntoItsBase() throws IOException {
    Path merged = directory.resolve("merged");
    int exit =
        snapshots(
            "merge",
            adapter(),
            "--base",
            TestModels.minilm(),
            "--to",
            merged,
            "--dtype",
            "bfloat16",
            "--max-shard-size",
            "20mb",
            "--json");
    assertThat(exit).as(err.toString()).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("architecture").asText()).isEqualTo("BertModel");
    int shards = json.path("shards").intValue();
    assertThat(shards).isBetween(3, 5);
    assertThat(json.at("/rounding/weights").doubleValue()).isBetween(1e-4, 1e-2);
    assertThat(merged.resolve("model-0000%d-of-0000%d.safetensors".formatted(shards, shards)))
        .isRegularFile();
    assertThat(merged.resolve("tokenizer.json")).isRegularFile();
    assertThat(snapshots("merge", adapter(), "--base", TestModels.minilm(), "--to", merged))
        .isEqualTo(1);
    assertThat(err.toString()).contains(merged + " is there already");
  }

  @Test
  void refusesWhatItCannotWrite() {
    assertThat(snapshots("merge", adapter(), "--base", "x", "--dtype", "int8")).isEqualTo(2);
    assertThat(err.toString()).contains("--dtype: expected float32, bfloat16 or float16");
    assertThat(snapshots("merge", adapter(), "--base", "x", "--max-shard-size", "big"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--max-shard-size: expected a size as 500mb, found big");
    assertThat(snapshots("merge", "--base", "x")).isEqualTo(2);
    assertThat(err.toString()).contains("expected ADAPTER_DIR or --adapter, found neither");
  }

  @Test
  void classifiesTextsAsASubscriberDoes() throws IOException {
    Path texts = Files.writeString(directory.resolve("texts"), "cheap watches\n\nsee you at 5\n");
    int exit =
        snapshots("classify", adapter(), "--base", TestModels.minilm(), "--texts", texts, "--json");
    assertThat(exit).as(err.toString()).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json).hasSize(2);
    JsonNode first = json.get(0);
    assertThat(first.path("text").asText()).isEqualTo("cheap watches");
    JsonNode probabilities = first.path("probabilities");
    assertThat(probabilities.get(0).doubleValue() + probabilities.get(1).doubleValue())
        .isBetween(0.999999, 1.000001);
    int best = probabilities.get(0).doubleValue() > probabilities.get(1).doubleValue() ? 0 : 1;
    assertThat(first.path("label").asText()).isEqualTo(List.of("ham", "spam").get(best));
  }
}
