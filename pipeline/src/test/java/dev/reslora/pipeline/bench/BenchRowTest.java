package dev.reslora.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BenchRowTest {

  private static BenchRow row(String name, double median) {
    return new BenchRow(name, "examples", median, median, median, null, null);
  }

  @Test
  void comparesWithAnother() {
    BenchRow row = row("guarded", 3).against(row("plain", 2));
    assertThat(row.baseline()).isEqualTo("plain");
    assertThat(row.ratio()).isEqualTo(1.5);
  }

  @Test
  void hasNoRatioToNothing() {
    assertThat(row("guarded", 3).against(row("plain", 0)).ratio()).isNull();
    assertThat(row("guarded", 0).against(row("plain", 0)).ratio()).isNull();
    assertThat(row("guarded", Double.NaN).against(row("plain", 1)).ratio()).isNull();
  }
}
