package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateTest {

  private static final long SECOND = 1_000_000_000L;

  @Test
  void looksAtTheLastTenSeconds() {
    Rate rate = new Rate();
    assertThat(rate.perSecond(0, 0)).isZero();
    assertThat(rate.perSecond(2 * SECOND, 10)).isEqualTo(5);
    for (int second = 3; second <= 30; second++) {
      rate.perSecond(second * SECOND, 10);
    }
    assertThat(rate.perSecond(31 * SECOND, 10)).isZero();
  }
}
