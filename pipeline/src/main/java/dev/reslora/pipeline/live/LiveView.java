package dev.reslora.pipeline.live;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the live page shows, as it is sent to it: JSON under these names.
 *
 * @param title of the page
 * @param now milliseconds since 1970
 * @param fault why a topic cannot be followed; nothing while all are
 * @param speed over the last half minute
 * @param skipped micro-batches that were not finite
 * @param adapters all that are known, by name
 * @param adapter the one whose curve is shown
 * @param curve its points, in order
 * @param versions the newest, in order
 * @param events the newest of that adapter, in order
 * @param rejected records on the dead-letter topic
 * @param reasons of these
 * @param rejections the newest first
 */
record LiveView(
    String title,
    long now,
    @Nullable String fault,
    Speed speed,
    long skipped,
    List<AdapterLine> adapters,
    @Nullable String adapter,
    List<Point> curve,
    List<Version> versions,
    List<Event> events,
    long rejected,
    List<Reason> reasons,
    List<Rejection> rejections) {

  /** A second. */
  record Speed(double steps, double examples, double tokens) {}

  /** An adapter in its latest window. */
  record AdapterLine(
      String id,
      long step,
      long examples,
      @Nullable Double loss,
      @Nullable Double adapted,
      @Nullable Double frozen,
      long version) {}

  /** A window of the stream, each example tested before it was trained on. */
  record Point(
      long examples,
      @Nullable Double adapted,
      @Nullable Double frozen,
      @Nullable Double loss,
      @Nullable Double frozenLoss) {}

  /**
   * A published version.
   *
   * @param measured recent examples that the merge was measured on
   */
  record Version(
      String adapter,
      long version,
      long step,
      long examples,
      String trigger,
      String merge,
      int measured,
      double kl,
      double agreement,
      double lossChange,
      long bytes,
      long eventTime,
      long publishedAt) {}

  /**
   * What happened to an adapter besides steps.
   *
   * @param examples trained on until then
   */
  record Event(
      String kind,
      long step,
      long examples,
      String cause,
      String message,
      List<Judgement> criteria,
      long at) {}

  /**
   * A criterion of the gate.
   *
   * @param value nothing where there was nothing to judge by
   */
  record Judgement(String name, @Nullable Double value, double limit, boolean met) {}

  /** How many records a stage refused for a reason. */
  record Reason(String stage, String reason, long count) {}

  /** A refused record. */
  record Rejection(
      String stage,
      String reason,
      String message,
      String topic,
      int partition,
      long offset,
      @Nullable String adapter,
      long at) {}
}
