package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.DemoListener;
import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Shows a demo on standard error: a block that refreshes on a terminal, else a line every 10 s. */
final class DemoConsole implements DemoListener, AutoCloseable {

  private static final long LINE_NANOS = 10_000_000_000L;

  private final PrintWriter err;
  private final boolean watched;
  private final LongSupplier clock;
  private final LiveBlock block;
  private final Progress progress;
  private long nextLine;

  DemoConsole(PrintWriter err, boolean watched, LongSupplier clock) {
    this.err = err;
    this.watched = watched;
    this.clock = clock;
    this.block = new LiveBlock(err);
    this.progress = Progress.on(err, watched, clock);
    this.nextLine = clock.getAsLong();
  }

  static DemoConsole on(PrintWriter err) {
    return new DemoConsole(err, Terminal.isWatched(), System::nanoTime);
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

  @Override
  public void figures(List<String> lines, String line) {
    if (watched) {
      block.show(lines);
    } else if (clock.getAsLong() >= nextLine) {
      nextLine = clock.getAsLong() + LINE_NANOS;
      err.println(line);
      err.flush();
    }
  }

  @Override
  public void close() {
    err.flush();
  }
}
