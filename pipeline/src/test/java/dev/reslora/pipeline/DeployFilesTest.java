package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What deploy/ hands to the job is what the job takes. */
class DeployFilesTest {

  private static final Path DEPLOY = Path.of("..", "deploy");

  static List<Path> jobs() throws IOException {
    try (Stream<Path> files = Files.walk(DEPLOY)) {
      return files
          .filter(file -> file.getFileName().toString().equals("job.yaml"))
          .filter(file -> !file.toString().contains("templates"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void configuresAJobWithoutMistakes(Path file) {
    JobConfig config = ConfigSource.load(file, List.of());
    assertThat(config.checkpoint().directory()).contains("://");
    assertThat(config.kafka().bootstrapServers()).isNotEmpty();
  }

  @Test
  void hasAPlaceInTheDocumentationForEveryAlert() throws IOException {
    String operations = Files.readString(DEPLOY.resolve("docs/operations.md"));
    String alerts = Files.readString(DEPLOY.resolve("monitoring/prometheus/alerts.yml"));
    List<String> places =
        Pattern.compile("runbook: \"operations.md: (.*)\"")
            .matcher(alerts)
            .results()
            .map(place -> place.group(1))
            .toList();
    assertThat(places)
        .hasSameSizeAs(Pattern.compile("- alert: ").matcher(alerts).results().toList())
        .allSatisfy(place -> assertThat(operations).containsIgnoringCase("### " + place + "\n"));
  }

  @Test
  void findsTheDashboardsAndAlerts() {
    assertThat(Monitoring.files())
        .extracting(file -> file.getFileName().toString())
        .contains("reslora-overview.json", "reslora-adapter.json", "reslora-operations.json")
        .contains("alerts.yml");
    assertThat(Monitoring.metrics("flink_")).hasSizeGreaterThan(30);
  }
}
