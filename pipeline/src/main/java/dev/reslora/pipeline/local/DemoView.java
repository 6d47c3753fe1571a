package dev.reslora.pipeline.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The demo's figures as text: a block for a terminal, a line for a log. */
final class DemoView {

  private static final int BAR = 40;

  private final List<String> heading;
  private final Measure measure;

  /** The heading stands above the figures of a block. */
  DemoView(List<String> heading, Measure measure) {
    this.measure = measure;
    this.heading = List.copyOf(heading);
  }

  List<String> block(DemoStatus status) {
    TrainingFigures training = status.training();
    List<String> lines = new ArrayList<>(heading);
    lines.add("");
    lines.add(bar(status));
    lines.add(
        text(
            "  examples     %,d sent, %,d trained in %,d steps",
            status.sent(), training.examples(), training.steps()));
    lines.add(
        text(
            "  speed        %.1f steps/s, %,.0f tokens/s",
            status.stepsPerSecond(), status.tokensPerSecond()));
    lines.add(
        text(
            "  %-12s adapted %s, frozen %s  (last window, tested before trained)",
            measure.label(), adapted(training), frozen(training)));
    lines.add("  snapshots    " + snapshots(status));
    lines.add("  checkpoints  " + checkpoints(status.checkpoints()));
    return lines;
  }

  String line(DemoStatus status) {
    TrainingFigures training = status.training();
    return text(
        "%s  %,d examples, %.1f steps/s, %,.0f tokens/s, adapted %s, frozen %s, %s, checkpoint %s",
        clock(status.elapsed()),
        training.examples(),
        status.stepsPerSecond(),
        status.tokensPerSecond(),
        adapted(training),
        frozen(training),
        snapshots(status),
        checkpoints(status.checkpoints()));
  }

  private static String bar(DemoStatus status) {
    if (status.total().isEmpty()) {
      return "  " + clock(status.elapsed());
    }
    long total = Math.max(1, status.total().getAsLong());
    double share = Math.min(1, (double) status.training().examples() / total);
    int filled = (int) (share * BAR);
    return text(
        "  [%s%s] %3.0f %% of %,d  %s",
        "#".repeat(filled), "-".repeat(BAR - filled), 100 * share, total, clock(status.elapsed()));
  }

  private String adapted(TrainingFigures training) {
    return measure.text(training.latest().map(CurvePoint::adapted));
  }

  private String frozen(TrainingFigures training) {
    return measure.text(training.latest().flatMap(CurvePoint::frozen));
  }

  private static String snapshots(DemoStatus status) {
    return status.loaded() == 0
        ? "none loaded yet"
        : text(
            "%d loaded, serving version %d of step %d",
            status.loaded(), status.version(), status.versionStep());
  }

  private static String checkpoints(CheckpointFigures checkpoints) {
    if (checkpoints.completed() == 0) {
      return "none yet";
    }
    String failed = checkpoints.failed() == 0 ? "" : text(", %d failed", checkpoints.failed());
    return text(
        "%d done, the last %d s ago, %.1f MB%s",
        checkpoints.completed(), checkpoints.age().toSeconds(), checkpoints.bytes() / 1e6, failed);
  }

  private static String clock(Duration elapsed) {
    return text("%d:%02d", elapsed.toMinutes(), elapsed.toSecondsPart());
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
