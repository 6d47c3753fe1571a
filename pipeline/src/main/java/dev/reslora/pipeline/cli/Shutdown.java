package dev.reslora.pipeline.cli;

import dev.reslora.serving.SnapshotSubscriber;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How a command that runs until it is told to stop comes to its end: SIGTERM and Ctrl-C ask for it,
 * and the process waits until this is closed, the command's other resources being closed before.
 */
final class Shutdown implements AutoCloseable {

  private static final Duration LOOK = Duration.ofMillis(200);

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private Shutdown() {}

  /**
   * Listens from now on.
   *
   * @param name of the thread that waits
   * @param patience longest wait for the end
   * @param overdue what is said when it was too short
   */
  static Shutdown listen(String name, Duration patience, String overdue) {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> shutdown.end(patience, overdue), "stop-" + name));
    return shutdown;
  }

  private void end(Duration patience, String overdue) {
    asked.countDown();
    try {
      if (!ended.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println(overdue);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until the topic as it was at the start is read; false when the end came before. */
  boolean awaitCaughtUp(SnapshotSubscriber subscriber) throws InterruptedException {
    while (!subscriber.awaitCaughtUp(LOOK)) {
      if (asked.getCount() == 0) {
        return false;
      }
    }
    return true;
  }

  /** Waits until it is asked for. */
  void await() throws InterruptedException {
    asked.await();
  }

  @Override
  public void close() {
    ended.countDown();
  }
}
