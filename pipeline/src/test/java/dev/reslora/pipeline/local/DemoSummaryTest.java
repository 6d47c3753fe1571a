package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DemoSummaryTest {

  private static final CurvePoint OVERALL = new CurvePoint(500, 0.749, OptionalDouble.of(0.462));

  private final DemoResult result =
      new DemoResult(
          "made up",
          Measure.ACCURACY,
          "block",
          new DemoStatus(
              Duration.ofSeconds(60),
              500,
              OptionalLong.of(500),
              new TrainingFigures(500, 9_000, 32, List.of(OVERALL), Optional.of(OVERALL)),
              1,
              300,
              0,
              0,
              0,
              CheckpointFigures.NONE),
          Duration.ofSeconds(50),
          Optional.empty(),
          List.of(new DemoAnswer.Label("x".repeat(100), "ham", "spam")),
          List.of(Path.of("accuracy.png")));

  @Test
  void comparesAdapterAndBaseline() {
    assertThat(DemoSummary.table(result))
        .anyMatch(line -> line.contains("adapted 74.9 %, frozen 46.2 %"))
        .anyMatch(line -> line.contains("500 examples, 9,000 tokens, 32 steps in 50 s"))
        .anyMatch(line -> line.contains("spam (wrong, it is ham)"))
        .contains("  accuracy.png");
  }

  @Test
  void showsACompletionBesideTheFrozenModels() {
    DemoAnswer answer = new DemoAnswer.Completion("We the", " people\nof", " many");
    assertThat(answer.lines())
        .containsExactly("We the ...", "  frozen   ... people of", "  adapted  ... many");
    assertThat(answer.fields()).containsEntry("adapted", " many");
  }

  @Test
  void failedWhenNoSnapshotWasLoaded() {
    ObjectNode json = DemoSummary.json(result);
    assertThat(json.path("succeeded").asBoolean()).isFalse();
    assertThat(json.path("accuracy").path("frozen").asDouble()).isEqualTo(0.462);
    assertThat(json.path("windows")).hasSize(1);
    assertThat(json.has("newest")).isFalse();
  }
}
