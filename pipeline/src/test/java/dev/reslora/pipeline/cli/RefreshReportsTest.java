package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.RefreshOutcome;
import dev.reslora.schema.avro.RefreshReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RefreshReportsTest {

  @Test
  @Timeout(30)
  void holdsTheAgentUpForSecondsOnlyWhileKafkaDoesNotAnswer() throws Exception {
    StringWriter lines = new StringWriter();
    Map<String, Object> nobody = Map.of("bootstrap.servers", "127.0.0.1:1");
    try (RefreshReports reports =
        new RefreshReports("refreshes", nobody, WireConfig.SINGLE_OBJECT, new PrintWriter(lines))) {
      reports.reported(
          new RefreshReport(
              "mail",
              7L,
              "digest",
              RefreshOutcome.SERVED,
              "mail-v7",
              7L,
              "test",
              List.of(),
              1,
              "on all servers",
              Instant.EPOCH));
    }
    assertThat(lines.toString()).contains("mail: version 7 is mail-v7, attempt 1: on all servers");
  }
}
