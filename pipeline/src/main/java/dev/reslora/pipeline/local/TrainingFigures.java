package dev.reslora.pipeline.local;

import java.util.List;
import java.util.Optional;

/**
 * What the metrics topic has said so far.
 *
 * @param examples examples trained on
 * @param tokens their tokens
 * @param steps steps reported
 * @param points full windows, in order
 * @param overall over all steps for which adapter and baseline were both judged
 */
public record TrainingFigures(
    long examples, long tokens, long steps, List<CurvePoint> points, Optional<CurvePoint> overall) {

  static final TrainingFigures NONE = new TrainingFigures(0, 0, 0, List.of(), Optional.empty());

  static TrainingFigures of(CurveWindows windows) {
    return new TrainingFigures(
        windows.examples(), windows.tokens(), windows.steps(), windows.points(), windows.overall());
  }

  Optional<CurvePoint> latest() {
    return points.isEmpty() ? Optional.empty() : Optional.of(points.get(points.size() - 1));
  }
}
