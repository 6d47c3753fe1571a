package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final StringWriter written = new StringWriter();
  private final AtomicLong now = new AtomicLong();

  @Test
  void saysNothingWhereNobodyWatches() {
    try (Progress progress = progress(false)) {
      progress.show(5, OptionalLong.of(10), "examples");
    }
    assertThat(written.toString()).isEmpty();
  }

  @Test
  void drawsABarWhereTheEndIsKnown() {
    try (Progress progress = progress(true)) {
      progress.show(5, OptionalLong.of(10), "examples");
    }
    assertThat(written.toString())
        .contains("[" + "#".repeat(15) + "-".repeat(15) + "]  50 %  5 of 10 examples")
        .endsWith("\r\033[K");
  }

  @Test
  void countsWhereTheEndIsNotKnown() {
    try (Progress progress = progress(true)) {
      progress.show(5, OptionalLong.empty(), "examples");
    }
    assertThat(written.toString()).contains("5 examples").doesNotContain("[#");
  }

  @Test
  void writesFiveTimesASecondAtMost() {
    try (Progress progress = progress(true)) {
      for (int i = 0; i < 1_000; i++) {
        progress.show(i, OptionalLong.empty(), "examples;");
        now.addAndGet(1_000_000);
      }
    }
    assertThat(written.toString().split(";", -1)).hasSize(6);
  }

  private Progress progress(boolean watched) {
    return Progress.on(new PrintWriter(written), watched, now::get);
  }
}
