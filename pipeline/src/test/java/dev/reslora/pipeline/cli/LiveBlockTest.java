package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveBlockTest {

  @Test
  void writesOverWhatItShowedBefore() {
    StringWriter written = new StringWriter();
    LiveBlock block = new LiveBlock(new PrintWriter(written));
    block.show(List.of("a", "b"));
    block.show(List.of("c"));
    assertThat(written.toString())
        .isEqualTo("\r\033[Ka\n\r\033[Kb\n\033[J" + "\033[2A\r\033[Kc\n\033[J");
  }
}
