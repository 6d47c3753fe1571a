package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.StepReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Sums step reports of the metrics topic into windows of the stream. After a recovery the topic may
 * hold a step twice; the second is ignored. A step is never split, so a window ends with the first
 * step that fills it.
 */
public final class AccuracyWindows {

  private final int windowExamples;
  private final Map<String, Long> counted = new HashMap<>();
  private final List<AccuracyPoint> points = new ArrayList<>();
  private final Tally compared = new Tally();
  private Tally window = new Tally();
  private long examples;
  private long tokens;
  private long steps;

  public AccuracyWindows(int windowExamples) {
    this.windowExamples = windowExamples;
  }

  /** Takes the next report. */
  public void add(StepReport report) {
    long before = counted.getOrDefault(report.getAdapterId(), 0L);
    if (report.getTotalExamples() <= before) {
      return;
    }
    counted.put(report.getAdapterId(), report.getTotalExamples());
    examples += report.getExamples();
    tokens += report.getTokens();
    steps++;
    window.add(report);
    if (report.getBaselineCorrect() != null) {
      compared.add(report);
    }
    if (window.examples >= windowExamples) {
      window.point(examples).ifPresent(points::add);
      window = new Tally();
    }
  }

  /** The full windows so far, in order. */
  public List<AccuracyPoint> points() {
    return List.copyOf(points);
  }

  /** The last full window. */
  public Optional<AccuracyPoint> latest() {
    return points.isEmpty() ? Optional.empty() : Optional.of(points.get(points.size() - 1));
  }

  /** Over all steps for which both were judged, and only those. */
  public Optional<AccuracyPoint> overall() {
    return compared.point(examples);
  }

  public long examples() {
    return examples;
  }

  public long tokens() {
    return tokens;
  }

  public long steps() {
    return steps;
  }

  private static final class Tally {

    private long examples;
    private long judged;
    private double correct;
    private long baselineJudged;
    private double baselineCorrect;

    void add(StepReport report) {
      examples += report.getExamples();
      if (report.getCorrect() != null) {
        judged += report.getExamples();
        correct += report.getCorrect();
      }
      if (report.getBaselineCorrect() != null) {
        baselineJudged += report.getExamples();
        baselineCorrect += report.getBaselineCorrect();
      }
    }

    /** Empty where nothing was judged: a language model has a loss, no accuracy. */
    Optional<AccuracyPoint> point(long upTo) {
      if (judged == 0) {
        return Optional.empty();
      }
      return Optional.of(
          new AccuracyPoint(
              upTo,
              correct / judged,
              baselineJudged == 0
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(baselineCorrect / baselineJudged)));
    }
  }
}
