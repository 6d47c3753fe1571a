package dev.reslora.pipeline.live;

import dev.reslora.schema.avro.StepReport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One adapter's test-then-train figures in windows of the stream. Bounded: when there are too many
 * windows, neighbours become one and windows are twice as long from then on. A step that the topic
 * holds twice, as after a recovery, counts once.
 */
final class LearningCurve {

  private static final int FIRST_WINDOW = 64;

  private final int maxPoints;
  private final List<Window> windows = new ArrayList<>();
  private int windowExamples = FIRST_WINDOW;
  private Window open = Window.EMPTY;
  private long totalExamples;

  LearningCurve(int maxPoints) {
    this.maxPoints = maxPoints;
  }

  /**
   * Sums over some of the stream.
   *
   * @param upTo examples of the stream up to its end
   * @param examples examples in it
   * @param loss sum over the examples, nats
   * @param judged examples that were classified
   * @param correct of these
   * @param baselineExamples examples that the frozen model saw
   * @param baselineLoss its sum over these
   * @param baselineCorrect of these, where they were classified
   */
  record Window(
      long upTo,
      long examples,
      double loss,
      long judged,
      double correct,
      long baselineExamples,
      double baselineLoss,
      double baselineCorrect) {

    static final Window EMPTY = new Window(0, 0, 0, 0, 0, 0, 0, 0);

    static Window of(StepReport report) {
      int examples = report.getExamples();
      Double correct = report.getCorrect();
      Double baselineLoss = report.getBaselineLoss();
      Double baselineCorrect = report.getBaselineCorrect();
      return new Window(
          report.getTotalExamples(),
          examples,
          examples * report.getLoss(),
          correct == null ? 0 : examples,
          correct == null ? 0 : correct,
          baselineLoss == null ? 0 : examples,
          baselineLoss == null ? 0 : examples * baselineLoss,
          baselineCorrect == null ? 0 : baselineCorrect);
    }

    Window and(Window next) {
      return new Window(
          next.upTo,
          examples + next.examples,
          loss + next.loss,
          judged + next.judged,
          correct + next.correct,
          baselineExamples + next.baselineExamples,
          baselineLoss + next.baselineLoss,
          baselineCorrect + next.baselineCorrect);
    }

    @Nullable Double meanLoss() {
      return share(loss, examples);
    }

    @Nullable Double accuracy() {
      return share(correct, judged);
    }

    @Nullable Double baselineMeanLoss() {
      return share(baselineLoss, baselineExamples);
    }

    /** Nothing for a model that does not classify. */
    @Nullable Double baselineAccuracy() {
      return judged == 0 ? null : share(baselineCorrect, baselineExamples);
    }

    private static @Nullable Double share(double sum, long of) {
      return of == 0 ? null : (Double) (sum / of);
    }
  }

  /** Takes the next report; false when it was known already. */
  boolean add(StepReport report) {
    if (report.getTotalExamples() <= totalExamples) {
      return false;
    }
    totalExamples = report.getTotalExamples();
    open = open.and(Window.of(report));
    if (open.examples >= windowExamples) {
      windows.add(open);
      open = Window.EMPTY;
      if (windows.size() > maxPoints) {
        halve();
      }
    }
    return true;
  }

  private void halve() {
    List<Window> pairs = new ArrayList<>();
    for (int i = 0; i + 1 < windows.size(); i += 2) {
      pairs.add(windows.get(i).and(windows.get(i + 1)));
    }
    if (windows.size() % 2 == 1) {
      open = windows.get(windows.size() - 1);
    }
    windows.clear();
    windows.addAll(pairs);
    windowExamples *= 2;
  }

  /** Full windows, in order. */
  List<Window> windows() {
    return List.copyOf(windows);
  }

  /** The last full window, or what there is so far. */
  Window latest() {
    return windows.isEmpty() ? open : windows.get(windows.size() - 1);
  }

  long totalExamples() {
    return totalExamples;
  }
}
