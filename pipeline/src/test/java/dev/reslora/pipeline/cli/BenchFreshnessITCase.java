package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
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
    Map<String, Double> millis = new HashMap<>();
    rows.forEach(row -> millis.put(row.get("name").asText(), row.get("median").asDouble()));
    assertThat(millis).hasSize(10);
    double stages =
        Stream.of("publish", "deliver", "load")
            .mapToDouble(stage -> millis.getOrDefault("freshness input 64 " + stage + " p99", -1.0))
            .sum();
    assertThat(millis)
        .hasEntrySatisfying(
            "freshness input 64 due to served p99",
            total -> assertThat(total).isCloseTo(stages, within(1e-6)).isPositive())
        .hasEntrySatisfying("freshness input 64 publish p50", took -> assertThat(took).isPositive())
        .hasEntrySatisfying("freshness input 64 train p50", took -> assertThat(took).isPositive());
  }
}
