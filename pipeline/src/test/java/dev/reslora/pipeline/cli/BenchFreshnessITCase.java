package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BenchFreshnessITCase {

  @Test
  void timesVersionsFromTheTrainerToAnAnswer() throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        ResLora.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(
                "bench",
                "freshness",
                "--json",
                "--versions",
                "1",
                "--every-steps",
                "1",
                "--recent-tokens",
                "64",
                "--model",
                TestModels.minilm().toString());
    assertThat(exit).as(err.toString()).isZero();
    JsonNode rows = new ObjectMapper().readTree(out.toString());
    assertThat(rows).hasSize(3);
    assertThat(rows.get(2).get("name").asText()).isEqualTo("freshness input 64 due to served p99");
    assertThat(rows.get(2).get("median").asDouble())
        .isGreaterThanOrEqualTo(rows.get(0).get("median").asDouble())
        .isPositive();
  }
}
