package dev.reslora.pipeline.local;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A mean over one window of the stream, each example tested before it was trained on.
 *
 * @param examples examples of the stream up to the window's end
 * @param adapted the adapter's
 * @param baseline the frozen baseline's, where it was judged
 */
public record CurvePoint(long examples, double adapted, OptionalDouble baseline) {

  /** The frozen baseline's mean. */
  Optional<Double> frozen() {
    return baseline.stream().boxed().findFirst();
  }
}
