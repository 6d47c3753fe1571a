package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

  @Test
  void holdsToTheRate() {
    AtomicLong now = new AtomicLong();
    Pace pace = new Pace(10, now::get, nanos -> now.addAndGet(Math.min(nanos, 30_000_000)));
    for (int i = 0; i < 6; i++) {
      pace.await();
    }
    assertThat(now).hasValue(500_000_000);
  }

  @Test
  void doesNotWaitWithoutALimit() {
    AtomicLong now = new AtomicLong();
    Pace pace = new Pace(Double.POSITIVE_INFINITY, now::get, now::addAndGet);
    for (int i = 0; i < 1_000; i++) {
      pace.await();
    }
    assertThat(now).hasValue(0);
  }
}
