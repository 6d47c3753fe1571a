package dev.reslora.pipeline.local;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A loop on a thread of its own that can be told to stop, and whose failure is not lost. */
final class BackgroundTask implements AutoCloseable {

  private static final long PATIENCE_MILLIS = 10_000;

  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Thread thread;
  private volatile @Nullable Exception failure;

  /** The work; ends by itself or soon after {@link Stop#requested}. */
  interface Work {
    void run(Stop stop) throws Exception;
  }

  /** Whether the work is to end. */
  interface Stop {
    boolean requested();
  }

  private BackgroundTask(String name, Work work) {
    this.thread = new Thread(() -> run(work), name);
    this.thread.setDaemon(true);
  }

  static BackgroundTask start(String name, Work work) {
    BackgroundTask task = new BackgroundTask(name, work);
    task.thread.start();
    return task;
  }

  private void run(Work work) {
    try {
      work.run(stopped::get);
    } catch (Exception e) {
      if (!stopped.get()) {
        failure = e;
      }
    }
  }

  boolean isDone() {
    return !thread.isAlive();
  }

  /** What ended it before its time. */
  Optional<Exception> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void close() {
    stopped.set(true);
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
