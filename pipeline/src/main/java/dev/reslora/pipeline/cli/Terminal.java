package dev.reslora.pipeline.cli;

/** Whether a person is watching standard error. */
final class Terminal {

  private Terminal() {}

  /** As deploy/reslora found it, since Java cannot tell; not without it. */
  static boolean isWatched() {
    return Boolean.getBoolean("reslora.terminal");
  }
}
