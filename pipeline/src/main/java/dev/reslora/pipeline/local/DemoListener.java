package dev.reslora.pipeline.local;

import java.util.List;

/** Told what the demo does; from its own thread. */
public interface DemoListener {

  /** Something begins, or is worth a line. */
  void says(String line);

  /** A fetch or import has come this far: so many of so many of what. */
  void progress(long done, long total, String what);

  /** The figures as they are now: a block for a terminal, and the same in a line. */
  void figures(List<String> block, String line);
}
