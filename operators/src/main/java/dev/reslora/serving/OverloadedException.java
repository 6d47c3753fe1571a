package dev.reslora.serving;

import java.time.Duration;

/** As many requests wait as are let in; another may come after a while. */
public final class OverloadedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Duration retryAfter;

  OverloadedException(String message, Duration retryAfter) {
    super(message, null, false, false);
    this.retryAfter = retryAfter;
  }

  /** Of a queue whose pace is not known. */
  public static OverloadedException of(int requests) {
    return new OverloadedException(
        "there are " + requests + " requests already", Duration.ofSeconds(1));
  }

  /** About how long those that wait will take. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
