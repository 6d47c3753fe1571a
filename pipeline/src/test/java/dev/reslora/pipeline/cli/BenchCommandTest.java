package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine reslora =
      ResLora.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

  @Test
  void stepsEveryShortcutInEveryPrecisionAndAnswersWithRowsAlone() throws IOException {
    JsonNode rows = rows("step", "--no-python", "--batch", "2", "--steps", "2", "--lengths", "8");
    assertThat(rows).hasSize(8);
    assertThat(rows.get(0).get("name").asText()).isEqualTo("step ours float32 8 all mean none");
    assertThat(rows.get(0).get("baseline").isNull()).isTrue();
    JsonNode last = rows.get(7);
    assertThat(last.get("name").asText()).isEqualTo("step ours bfloat16 8 all mean middle");
    assertThat(last.get("unit").asText()).isEqualTo("ms");
    assertThat(last.get("baseline").asText()).isEqualTo("step ours float32 8 all mean none");
    assertThat(last.get("ratio").asDouble()).isPositive();
    assertThat(last.get("min").asDouble())
        .isPositive()
        .isLessThanOrEqualTo(last.get("median").asDouble());
  }

  @Test
  void runsAloneWherePythonCannotBeStarted() throws IOException {
    JsonNode rows =
        rows(
            "step",
            "--python",
            "no-such-python",
            "--batch",
            "1",
            "--steps",
            "1",
            "--lengths",
            "8",
            "--shortcut",
            "block",
            "--precision",
            "float32",
            "--targets",
            "qv",
            "--pooling",
            "cls");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("name").asText()).isEqualTo("step ours float32 8 qv cls block");
    assertThat(err.toString()).contains("without Python: ");
  }

  @Test
  void stepsALanguageModel() throws IOException {
    JsonNode rows =
        rows(
            Path.of("..", "deploy", "models", "sotu-1900"),
            "step",
            "--no-python",
            "--batch",
            "2",
            "--steps",
            "1",
            "--lengths",
            "8",
            "--shortcut",
            "none",
            "--precision",
            "float32");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("name").asText()).isEqualTo("step ours float32 8 all none");
    assertThat(rows.get(0).get("median").asDouble()).isPositive();
  }

  @Test
  void measuresProductsAndTheShareThatAStepUses() throws IOException {
    JsonNode rows =
        rows("gemm", "--batch", "2", "--steps", "1", "--lengths", "8", "--precision", "float32");
    assertThat(rows).hasSize(9);
    JsonNode use = rows.get(8);
    assertThat(use.get("name").asText()).isEqualTo("use float32 8 all mean none");
    assertThat(use.get("unit").asText()).isEqualTo("GFLOP/s");
    assertThat(use.get("baseline").asText()).startsWith("gemm float32");
  }

  @Test
  void timesManyAdaptersAgainstOne() throws IOException {
    JsonNode rows =
        rows(
            "adapters",
            "--no-python",
            "--adapters",
            "3",
            "--examples",
            "2",
            "--together",
            "2",
            "--batch",
            "4",
            "--steps",
            "1",
            "--lengths",
            "8",
            "--precision",
            "float32");
    assertThat(rows)
        .extracting(row -> row.get("name").asText())
        .containsExactly(
            "adapters ours float32 8 all mean, 1 x 6",
            "adapters ours float32 8 all mean, 1 x 4",
            "adapters ours float32 8 all mean, 3 x 2",
            "adapters ours float32 8 all mean, 3 x 2, 2 together");
    assertThat(rows.get(3).get("unit").asText()).isEqualTo("tokens/s");
    assertThat(rows.get(3).get("ratio").asDouble()).isPositive();
  }

  @Test
  void timesSubtasksTogetherAndAlone() throws IOException {
    JsonNode rows =
        rows(
            "subtasks", "--batch", "2", "--steps", "1", "--lengths", "8", "--precision", "float32");
    assertThat(rows).hasSize(2);
    assertThat(rows.get(1).get("name").asText()).isEqualTo("subtasks float32 8 all mean, 2");
    assertThat(rows.get(1).get("baseline").asText()).isEqualTo("subtasks float32 8 all mean, 1");
    assertThat(rows.get(1).get("median").asDouble()).isPositive();
  }

  @Test
  void measuresHowFarAStepRaisesMemory() throws IOException {
    JsonNode rows =
        rows(
            "memory",
            "--no-python",
            "--steps",
            "2",
            "--lengths",
            "64",
            "--precision",
            "float32",
            "--shortcut",
            "none");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("name").asText()).isEqualTo("memory ours float32 64 all mean none");
    // 2,048 tokens leave at least the six layers' projections, float32.
    assertThat(rows.get(0).get("min").asDouble()).isGreaterThan(100);
  }

  @Test
  void timesRequestsInBatchesAndOneByOne() throws IOException {
    JsonNode rows = rows("serve", "--clients", "2", "--rounds", "1", "--seconds", "1");
    assertThat(rows).hasSize(4);
    assertThat(rows.get(0).get("name").asText()).isEqualTo("serve 2 clients batched");
    assertThat(rows.get(0).get("baseline").asText()).isEqualTo("serve 2 clients unbatched");
    assertThat(rows.get(0).get("median").asDouble()).isPositive();
    assertThat(rows.get(3).get("name").asText()).isEqualTo("serve 2 clients batched p99");
    assertThat(rows.get(3).get("median").asDouble())
        .isGreaterThanOrEqualTo(rows.get(2).get("median").asDouble());
  }

  @ParameterizedTest
  @CsvSource({
    "--lengths, 4",
    "--precision, float16",
    "--shortcut, side",
    "--batch, 0",
    "--steps, -1",
    "--threads, 4096",
    "--pre-num, -2",
    "--targets, most",
  })
  void refusesAWrongOptionByName(String option, String value) {
    assertThat(reslora.execute("bench", "step", "--no-python", option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(option).contains(value);
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "chaos, --kills, 0",
    "chaos, --delivery, twice",
    "chaos, --interval, 9",
    "state, --rounds, 0",
    "state, --every, 21",
    "state, --adapters, 1",
    "soak, --minutes, 0",
    "job, --snapshot-steps, 0",
  })
  void refusesAWrongOptionBeforeABrokerIsStarted(String command, String option, String value) {
    assertThat(reslora.execute("bench", command, option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(option + ": expected").contains("found " + value);
    assertThat(err.toString()).doesNotContain("Kafka");
  }

  private JsonNode rows(String... words) throws IOException {
    return rows(TestModels.minilm(), words);
  }

  private JsonNode rows(Path model, String... words) throws IOException {
    List<String> all = new ArrayList<>(List.of("bench"));
    all.addAll(List.of(words));
    all.addAll(List.of("--model", model.toString(), "--json"));
    assertThat(reslora.execute(all.toArray(String[]::new))).as(err.toString()).isZero();
    return new ObjectMapper().readTree(out.toString());
  }
}
