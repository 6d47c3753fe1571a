package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

  @Test
  void holdsToTheRate() {
    AtomicLong now = new AtomicLong();
    // Every look at the clock takes 1 ms, so waiting shows as looks.
    Pace pace = Pace.of(10, () -> now.getAndAdd(1_000_000));
    for (int i = 0; i < 6; i++) {
      pace.await();
    }
    assertThat(now.get()).isBetween(500_000_000L, 520_000_000L);
  }

  @Test
  void doesNotWaitWithoutALimit() {
    AtomicLong now = new AtomicLong();
    Pace pace = Pace.of(Double.POSITIVE_INFINITY, now::get);
    for (int i = 0; i < 1_000; i++) {
      pace.await();
    }
    assertThat(now).hasValue(0);
  }
}
