package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DemoConsoleTest {

  private final StringWriter written = new StringWriter();
  private final AtomicLong now = new AtomicLong();

  @Test
  void writesALineEveryTenSecondsWhereNobodyWatches() {
    try (DemoConsole console = console(false)) {
      for (int second = 0; second < 25; second++) {
        console.figures(List.of("block"), "line " + second);
        now.addAndGet(1_000_000_000L);
      }
    }
    assertThat(written.toString().lines()).containsExactly("line 0", "line 10", "line 20");
  }

  @Test
  void refreshesABlockOnATerminal() {
    try (DemoConsole console = console(true)) {
      console.figures(List.of("a", "b"), "line");
      console.figures(List.of("c", "d"), "line");
    }
    assertThat(written.toString()).contains("a\n", "\033[2A", "d\n").doesNotContain("line");
  }

  private DemoConsole console(boolean watched) {
    return new DemoConsole(new PrintWriter(written), watched, now::get);
  }
}
