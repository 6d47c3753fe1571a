package dev.reslora.pipeline.cli;

import java.io.PrintWriter;
import java.util.List;

/** Lines that are written over again and again, on a terminal. */
final class LiveBlock {

  private final PrintWriter out;
  private int shown;

  LiveBlock(PrintWriter out) {
    this.out = out;
  }

  /** Puts these lines in the place of those shown before. */
  void show(List<String> lines) {
    StringBuilder text = new StringBuilder();
    if (shown > 0) {
      text.append("\033[").append(shown).append('A');
    }
    lines.forEach(line -> text.append("\r\033[K").append(line).append('\n'));
    text.append("\033[J"); // what is left of a longer block
    out.print(text);
    out.flush();
    shown = lines.size();
  }
}
