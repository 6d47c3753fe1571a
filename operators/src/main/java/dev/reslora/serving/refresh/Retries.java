package dev.reslora.serving.refresh;

import dev.reslora.serving.refresh.WantedVersions.Wanted;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Which version of each adapter failed last, how often, and when it may be tried again. Not
 * thread-safe.
 */
final class Retries {

  private final Duration pause;
  private final Duration longest;
  private final Map<String, Retry> retries = new HashMap<>();

  private record Retry(Wanted failed, int attempts, Duration pause, long afterNanos) {}

  /**
   * None yet.
   *
   * @param pause before a failed attempt is repeated; doubles with each up to longest
   */
  Retries(Duration pause, Duration longest) {
    this.pause = pause;
    this.longest = longest;
  }

  /** Whether an attempt at a version has to wait. */
  boolean tooEarly(String adapterId, Wanted version) {
    Retry last = retries.get(adapterId);
    return last != null && last.failed.equals(version) && System.nanoTime() - last.afterNanos < 0;
  }

  /** Which attempt at a version the next is; 1 is the first. */
  int attempt(String adapterId, Wanted version) {
    Retry last = retries.get(adapterId);
    return last != null && last.failed.equals(version) ? last.attempts + 1 : 1;
  }

  /** Counts an attempt that failed; how long the next has to wait. */
  Duration failed(String adapterId, Wanted version) {
    int attempt = attempt(adapterId, version);
    Retry last = retries.get(adapterId);
    Duration wait =
        last == null || attempt == 1 ? pause : shorter(last.pause.multipliedBy(2), longest);
    retries.put(adapterId, new Retry(version, attempt, wait, System.nanoTime() + wait.toNanos()));
    return wait;
  }

  /** An adapter is in service, or gone. */
  void forget(String adapterId) {
    retries.remove(adapterId);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
