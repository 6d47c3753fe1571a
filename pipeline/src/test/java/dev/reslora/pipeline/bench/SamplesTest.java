package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SamplesTest {

  @Test
  void ratioIsTheMedianOfTheRoundsNotTheRatioOfMedians() {
    Samples slow = samples("slow", 10, 100, 30);
    Samples fast = samples("fast", 5, 10, 30);
    assertThat(fast.times("ms", slow))
        .isEqualTo(new BenchRow("fast", "ms", 10, 5, 30, "slow", 2.0));
  }

  @Test
  void medianOfAnEvenCountLiesBetweenTheMiddleTwo() {
    assertThat(samples("even", 4, 1, 3, 2).times("ms", null))
        .isEqualTo(new BenchRow("even", "ms", 2.5, 1, 4, null, null));
  }

  @Test
  void higherRatesAreFaster() {
    assertThat(samples("step", 50).rates("GFLOP/s", samples("peak", 100)).ratio()).isEqualTo(0.5);
  }

  private static Samples samples(String name, double... values) {
    Samples samples = new Samples(name);
    for (double value : values) {
      samples.add(value);
    }
    return samples;
  }
}
