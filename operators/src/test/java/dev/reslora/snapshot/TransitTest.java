package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.snapshot.Transit.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TransitTest {

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis);
  }

  @Test
  void tellsWhatEachStageTook() {
    assertThat(new Transit(at(1_100), at(1_500), at(1_520)).stages(at(1_000), at(1_550)))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                Stage.TRAIN, Duration.ofMillis(100),
                Stage.PUBLISH, Duration.ofMillis(400),
                Stage.DELIVER, Duration.ofMillis(20),
                Stage.LOAD, Duration.ofMillis(30)));
  }

  @Test
  void leavesOutWhatIsNotKnownAndCountsClocksThatDisagreeAsNothing() {
    assertThat(new Transit(at(1_100), null, at(1_520)).stages(at(2_000), at(1_500)))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(Stage.TRAIN, Duration.ZERO, Stage.LOAD, Duration.ZERO));
    assertThat(Transit.UNKNOWN.stages(at(0), at(1))).isEmpty();
  }
}
