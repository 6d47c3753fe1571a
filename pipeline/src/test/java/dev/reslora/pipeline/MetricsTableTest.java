package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.operator.JobMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MetricsTableTest {

  private static final Path PAGE = Path.of("..", "deploy", "docs", "metrics.md");

  @Test
  void isThePageInTheDocumentation() throws IOException {
    assertThat(Files.readString(PAGE))
        .as("stale: run deploy/reslora metrics > deploy/docs/metrics.md")
        .isEqualTo(MetricsTable.markdown());
  }

  @Test
  void namesNoMetricTwice() {
    assertThat(JobMetric.values()).extracting(JobMetric::prometheusName).doesNotHaveDuplicates();
  }
}
