package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchListener;
import dev.reslora.pipeline.bench.BenchRow;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** Shows how a benchmark goes on standard error, and its rows on standard output. */
final class BenchConsole implements BenchListener, AutoCloseable {

  private final PrintWriter err;
  private final Progress progress;

  BenchConsole(PrintWriter err) {
    this.err = err;
    this.progress = Progress.on(err);
  }

  @Override
  public void says(String line) {
    progress.close();
    err.println(line);
    err.flush();
  }

  @Override
  public void progress(long done, long total, String what) {
    progress.show(done, OptionalLong.of(total), what);
  }

  static void print(PrintWriter out, List<BenchRow> rows, boolean json) {
    out.println(json ? Json.text(rows) : table(rows).toString().stripTrailing());
    out.flush();
  }

  private static TextTable table(List<BenchRow> rows) {
    TextTable table = new TextTable("", "median", "min", "max", "unit", "ratio", "against");
    for (BenchRow row : rows) {
      table.add(
          row.name(),
          number(row.median()),
          number(row.min()),
          number(row.max()),
          row.unit(),
          row.ratio() == null ? "" : String.format(Locale.ROOT, "%.2f", row.ratio()),
          row.baseline() == null ? "" : row.baseline());
    }
    return table;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  @Override
  public void close() {
    progress.close();
  }
}
