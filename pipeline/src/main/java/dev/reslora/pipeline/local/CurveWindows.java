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
public final class CurveWindows {

  private final Measure measure;
  private final int windowExamples;
  private final Map<String, Long> counted = new HashMap<>();
  private final List<CurvePoint> points = new ArrayList<>();
  private final Tally compared = new Tally();
  private Tally window = new Tally();
  private long examples;
  private long tokens;
  private long steps;

  public CurveWindows(Measure measure, int windowExamples) {
    this.measure = measure;
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
    if (measure.frozen(report).isPresent()) {
      compared.add(report);
    }
    if (window.examples >= windowExamples) {
      window.point(examples).ifPresent(points::add);
      window = new Tally();
    }
  }

  /** The full windows so far, in order. */
  public List<CurvePoint> points() {
    return List.copyOf(points);
  }

  /** The last full window. */
  public Optional<CurvePoint> latest() {
    return points.isEmpty() ? Optional.empty() : Optional.of(points.get(points.size() - 1));
  }

  /** Over all steps for which both were judged, and only those. */
  public Optional<CurvePoint> overall() {
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

  /** Means over some steps. */
  private final class Tally {

    private long examples;
    private double adapted;
    private double weight;
    private double frozen;
    private double frozenWeight;

    void add(StepReport report) {
      examples += report.getExamples();
      measure
          .adapted(report)
          .ifPresent(
              sum -> {
                adapted += sum.value();
                weight += sum.weight();
              });
      measure
          .frozen(report)
          .ifPresent(
              sum -> {
                frozen += sum.value();
                frozenWeight += sum.weight();
              });
    }

    /** Empty where nothing was judged. */
    Optional<CurvePoint> point(long upTo) {
      return weight == 0
          ? Optional.empty()
          : Optional.of(
              new CurvePoint(
                  upTo,
                  adapted / weight,
                  frozenWeight == 0
                      ? OptionalDouble.empty()
                      : OptionalDouble.of(frozen / frozenWeight)));
    }
  }
}
