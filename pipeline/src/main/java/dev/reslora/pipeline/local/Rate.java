package dev.reslora.pipeline.local;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast a count rises, over the last ten seconds or so. */
final class Rate {

  private static final long SPAN_NANOS = 10_000_000_000L;

  private record Sample(long nanos, long count) {}

  private final Deque<Sample> samples = new ArrayDeque<>();

  /** Takes the count as it is now; the rate a second, 0 as long as one look is all there is. */
  double perSecond(long nanos, long count) {
    samples.addLast(new Sample(nanos, count));
    while (samples.size() > 2 && nanos - samples.getFirst().nanos() > SPAN_NANOS) {
      samples.removeFirst();
    }
    Sample oldest = samples.getFirst();
    double seconds = (nanos - oldest.nanos()) / 1e9;
    return seconds <= 0 ? 0 : (count - oldest.count()) / seconds;
  }
}
