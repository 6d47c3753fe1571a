package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code bench chaos}. */
@ExtendWith(BrokerExtension.class)
class ChaosBenchITCase {

  private static final BenchListener SILENT =
      new BenchListener() {
        @Override
        public void says(String line) {}

        @Override
        public void progress(long done, long total, String what) {}
      };

  @Test
  void killedAndUninterruptedRunsLeaveTheSame(LocalBroker broker, @TempDir Path directory)
      throws Exception {
    BenchGround ground =
        new BenchGround(
            broker.bootstrapServers(), BrokerExtension.topic("chaos"), directory, directory);
    ChaosPlan plan =
        new ChaosPlan(
            TestModels.tiny(), "mean", Delivery.EXACTLY_ONCE, 2, Duration.ofMillis(500), 7, ground);

    ChaosResult result = new ChaosBench(plan, SILENT).run();

    assertThat(result.violations()).isEmpty();
    assertThat(median(result, "kills")).isEqualTo(2);
    assertThat(median(result, "versions")).isGreaterThan(ChaosFeed.ADAPTERS.size());
    assertThat(median(result, "s")).isPositive();
  }

  /** Of the first row with this unit. */
  private static double median(ChaosResult result, String unit) {
    return result.rows().stream()
        .filter(row -> row.unit().equals(unit))
        .findFirst()
        .orElseThrow()
        .median();
  }
}
