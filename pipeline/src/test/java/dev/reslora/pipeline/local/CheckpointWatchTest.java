package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class CheckpointWatchTest {

  private final Clock clock = Clock.fixed(Instant.ofEpochMilli(10_000), ZoneOffset.UTC);

  @Test
  void readsCountsAgeAndSize() throws IOException {
    String body =
        """
        {"counts": {"completed": 4, "failed": 1},
         "latest": {"completed": {"latest_ack_timestamp": 7000, "state_size": 99}}}
        """;
    assertThat(CheckpointWatch.parse(body, clock))
        .isEqualTo(new CheckpointFigures(4, 1, Duration.ofSeconds(3), 99));
  }

  @Test
  void readsThatThereIsNoneYet() throws IOException {
    assertThat(
            CheckpointWatch.parse(
                "{\"counts\": {\"completed\": 0}, \"latest\": {\"completed\": null}}", clock))
        .isEqualTo(CheckpointFigures.NONE);
  }

  @Test
  void keepsTheLastFiguresWhereNobodyAnswers() throws InterruptedException {
    URI nobody = URI.create("http://127.0.0.1:" + LocalBroker.freePort());
    assertThat(new CheckpointWatch(nobody, "job", clock).look()).isEqualTo(CheckpointFigures.NONE);
  }
}
