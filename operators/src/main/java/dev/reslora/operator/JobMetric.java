package dev.reslora.operator;

import java.util.Locale;
import java.util.function.Supplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Every metric that the job registers with Flink, in the order of the documentation. Stages
 * register through here and nowhere else, so the page {@code deploy/docs/metrics.md} misses none.
 * Names are stable: dashboards and alerts hold on to them.
 */
public enum JobMetric {
  STEPS(Scope.TRAINER, Kind.COUNTER, "steps", "Micro-batches trained."),
  SKIPPED_STEPS(
      Scope.TRAINER,
      Kind.COUNTER,
      "skippedSteps",
      "Micro-batches whose loss or gradient was not finite."),
  DIVIDED_STEPS(
      Scope.TRAINER,
      Kind.COUNTER,
      "dividedSteps",
      "Micro-batches taken in portions, for the device had no memory for the whole."),
  SHARED_STEPS(
      Scope.TRAINER,
      Kind.COUNTER,
      "sharedSteps",
      "Micro-batches that shared their pass over the base model with other adapters'."),
  EXAMPLES(Scope.TRAINER, Kind.COUNTER, "examples", "Examples trained on."),
  WAITING_TEXTS(
      Scope.TRAINER, Kind.COUNTER, "waitingTexts", "Texts that came to wait for their label."),
  JOINED_LABELS(
      Scope.TRAINER, Kind.COUNTER, "joinedLabels", "Labels that a waiting text was joined with."),
  CORRECTED_LABELS(
      Scope.TRAINER,
      Kind.COUNTER,
      "correctedLabels",
      "Labels that were changed before their example was trained on."),
  RETRAINED_EXAMPLES(
      Scope.TRAINER,
      Kind.COUNTER,
      "retrainedExamples",
      "Examples taken again because their label was corrected after they were trained on."),
  TOKENS(Scope.TRAINER, Kind.COUNTER, "tokens", "Their tokens, no padding."),
  EXAMPLES_PER_SECOND(
      Scope.TRAINER, Kind.METER, "examplesPerSecond", "Examples a second, over a minute."),
  TOKENS_PER_SECOND(
      Scope.TRAINER, Kind.METER, "tokensPerSecond", "Tokens a second, over a minute."),
  JUDGED_EXAMPLES(
      Scope.TRAINER,
      Kind.COUNTER,
      "judgedExamples",
      "Examples that were classified before they were trained on."),
  CORRECT_EXAMPLES(
      Scope.TRAINER, Kind.COUNTER, "correctExamples", "Those of them that were classified right."),
  BASELINE_EXAMPLES(
      Scope.TRAINER,
      Kind.COUNTER,
      "baselineExamples",
      "Examples that the frozen model classified beside the adapter."),
  BASELINE_CORRECT_EXAMPLES(
      Scope.TRAINER,
      Kind.COUNTER,
      "baselineCorrectExamples",
      "Those of them that the frozen model classified right."),
  LOSS(
      Scope.TRAINER,
      Kind.GAUGE,
      "loss",
      "Mean loss of the latest micro-batch before its update, nats."),
  GRADIENT_NORM(
      Scope.TRAINER,
      Kind.GAUGE,
      "gradientNorm",
      "L2 norm of the latest gradient, before clipping."),
  UPDATE_RATIO(
      Scope.TRAINER,
      Kind.GAUGE,
      "updateRatio",
      "L2 norm of the latest update of the factors over theirs; 0 when it rounds to nothing."),
  LEARNING_RATE(
      Scope.TRAINER, Kind.GAUGE, "learningRate", "Learning rate of the latest micro-batch."),
  WINDOW_LOSS(
      Scope.TRAINER,
      Kind.GAUGE,
      "windowLoss",
      "Mean loss over the sliding window of the adapter that stepped last, nats."),
  WINDOW_ACCURACY(
      Scope.TRAINER, Kind.GAUGE, "windowAccuracy", "Its accuracy; NaN where nothing was judged."),
  WINDOW_MACRO_F1(Scope.TRAINER, Kind.GAUGE, "windowMacroF1", "Its macro-averaged F1."),
  WINDOW_CALIBRATION_ERROR(
      Scope.TRAINER, Kind.GAUGE, "windowCalibrationError", "Its expected calibration error."),
  BASELINE_WINDOW_ACCURACY(
      Scope.TRAINER,
      Kind.GAUGE,
      "baselineWindowAccuracy",
      "Accuracy of the frozen model over as many of the examples that it judged."),
  FORGETTING(
      Scope.TRAINER,
      Kind.GAUGE,
      "forgetting",
      "Mean rise of replayed examples' loss above its lowest, nats; NaN without replay."),
  ANCHOR_LOSS(
      Scope.TRAINER,
      Kind.GAUGE,
      "anchorLoss",
      "Mean loss of the anchor examples when they were measured last, nats; NaN without any."),
  ANCHOR_FORGETTING(
      Scope.TRAINER,
      Kind.GAUGE,
      "anchorForgetting",
      "Mean rise of their losses above their first ones, nats."),
  STEP_MILLIS(
      Scope.TRAINER,
      Kind.HISTOGRAM,
      "stepMs",
      "Time of a micro-batch, all phases, milliseconds; a checkpoint's barrier waits at most"
          + " that."),
  PHASE_NANOS(
      Scope.TRAINER_PHASE,
      Kind.COUNTER,
      "phaseNanos",
      "Time in a phase: pack, baseline, gradient, update, snapshot (merge and its measurement)."),
  MODEL_FLOPS(
      Scope.TRAINER,
      Kind.GAUGE,
      "modelFlops",
      "Floating-point operations that the steps needed, of plain LoRA's matrix products."),
  MODEL_FLOPS_UTILISATION(
      Scope.TRAINER,
      Kind.GAUGE,
      "modelFlopsUtilisation",
      "Latest step's share of metrics.peak-gflops; 0 while that option is 0."),
  LIVE_ADAPTERS(
      Scope.TRAINER, Kind.GAUGE, "liveAdapters", "Adapters whose tensors are in native memory."),
  LIVE_BYTES(Scope.TRAINER, Kind.GAUGE, "liveBytes", "Bytes of these tensors."),
  LIVE_HEAP_BYTES(
      Scope.TRAINER,
      Kind.GAUGE,
      "liveHeapBytes",
      "Bytes of Java heap of these adapters, by estimate."),
  LIVE_HITS(
      Scope.TRAINER, Kind.GAUGE, "liveHits", "Records whose adapter was live; since the start."),
  RESTORED_ADAPTERS(
      Scope.TRAINER,
      Kind.GAUGE,
      "restoredAdapters",
      "Records whose adapter had to be restored from state; since the start."),
  EVICTIONS(
      Scope.TRAINER, Kind.GAUGE, "evictions", "Adapters that had to make room; since the start."),
  FLUSH_MILLIS(
      Scope.TRAINER,
      Kind.GAUGE,
      "flushMs",
      "Time to write changed adapters to state at the latest checkpoint, milliseconds."),
  STATE_BYTES_WRITTEN(
      Scope.TRAINER,
      Kind.GAUGE,
      "stateBytesWritten",
      "Bytes of adapters written to state; since the start."),
  NATIVE_ARRAYS(
      Scope.TRAINER,
      Kind.GAUGE,
      "nativeArrays",
      "Native arrays that the engine's managers own, of the whole process."),
  RESIDENT_BYTES(
      Scope.TRAINER,
      Kind.GAUGE,
      "residentBytes",
      "Resident memory of the whole process; 0 where Linux does not tell."),
  ADAPTER_EVENTS(
      Scope.ADAPTER_EVENT,
      Kind.COUNTER,
      "events",
      "Events on the metrics topic: drift, candidates held and promoted, rollbacks, commands."),
  ADAPTER_EXAMPLES(Scope.ADAPTER, Kind.COUNTER, "examples", "Examples trained on."),
  ADAPTER_JUDGED_EXAMPLES(
      Scope.ADAPTER,
      Kind.COUNTER,
      "judgedExamples",
      "Examples that were classified before they were trained on."),
  ADAPTER_CORRECT_EXAMPLES(
      Scope.ADAPTER, Kind.COUNTER, "correctExamples", "Those of them that were classified right."),
  ADAPTER_BASELINE_EXAMPLES(
      Scope.ADAPTER,
      Kind.COUNTER,
      "baselineExamples",
      "Examples that the frozen model classified beside the adapter."),
  ADAPTER_BASELINE_CORRECT_EXAMPLES(
      Scope.ADAPTER,
      Kind.COUNTER,
      "baselineCorrectExamples",
      "Those of them that the frozen model classified right."),
  ADAPTER_SKIPPED_STEPS(
      Scope.ADAPTER, Kind.COUNTER, "skippedSteps", "Micro-batches that were not finite."),
  ADAPTER_STEP(Scope.ADAPTER, Kind.GAUGE, "step", "Optimizer steps since the adapter began."),
  ADAPTER_LOSS(Scope.ADAPTER, Kind.GAUGE, "loss", "Mean loss of its latest micro-batch, nats."),
  ADAPTER_GRADIENT_NORM(
      Scope.ADAPTER,
      Kind.GAUGE,
      "gradientNorm",
      "L2 norm of its latest gradient, before clipping."),
  ADAPTER_UPDATE_RATIO(
      Scope.ADAPTER,
      Kind.GAUGE,
      "updateRatio",
      "L2 norm of its factors' latest update over theirs; 0 when it rounds to nothing."),
  VERSIONS_PUBLISHED(
      Scope.PUBLISHER, Kind.COUNTER, "versionsPublished", "Versions sent to the serving topic."),
  PUBLISHED_AT_MILLIS(
      Scope.PUBLISHER,
      Kind.GAUGE,
      "publishedAtMs",
      "When the latest version was sent, milliseconds since 1970; 0 before the first."),
  SNAPSHOT_BYTES(Scope.PUBLISHER, Kind.GAUGE, "snapshotBytes", "Size of the latest version."),
  EVENT_TO_PUBLISH_MILLIS(
      Scope.PUBLISHER,
      Kind.GAUGE,
      "eventToPublishMs",
      "From the newest example's event time to the version's sending, of the latest version."),
  EVENT_TO_TRAIN_MILLIS(
      Scope.PUBLISHER,
      Kind.HISTOGRAM,
      "eventToTrainMs",
      "From the newest example's event time to the end of its step, of the latest 512 versions."),
  TRAIN_TO_PUBLISH_MILLIS(
      Scope.PUBLISHER,
      Kind.HISTOGRAM,
      "trainToPublishMs",
      "From there, with merge and measurement, to the sending, of the latest 512 versions."),
  MERGE_KL(
      Scope.PUBLISHER,
      Kind.GAUGE,
      "mergeKl",
      "KL divergence of the latest merged version from its live adapter, nats."),
  MERGE_AGREEMENT(
      Scope.PUBLISHER,
      Kind.GAUGE,
      "mergeAgreement",
      "Share of recent examples that both answer alike."),
  MERGE_LOSS_CHANGE(
      Scope.PUBLISHER,
      Kind.GAUGE,
      "mergeLossChange",
      "Loss of the merged version minus the live adapter's on recent examples, nats."),
  ADAPTER_VERSION(Scope.PUBLISHED_ADAPTER, Kind.GAUGE, "version", "Latest version sent."),
  ADAPTER_PUBLISHED_AT_MILLIS(
      Scope.PUBLISHED_ADAPTER,
      Kind.GAUGE,
      "publishedAtMs",
      "When it was sent, milliseconds since 1970."),
  ADAPTER_EVENT_TO_PUBLISH_MILLIS(
      Scope.PUBLISHED_ADAPTER,
      Kind.GAUGE,
      "eventToPublishMs",
      "From its newest example's event time to its sending."),
  ADAPTER_SNAPSHOT_BYTES(Scope.PUBLISHED_ADAPTER, Kind.GAUGE, "snapshotBytes", "Its size."),
  ADAPTER_MERGE_KL(
      Scope.PUBLISHED_ADAPTER,
      Kind.GAUGE,
      "mergeKl",
      "KL divergence of it from the live adapter, nats."),
  ADAPTER_MERGE_AGREEMENT(
      Scope.PUBLISHED_ADAPTER,
      Kind.GAUGE,
      "mergeAgreement",
      "Share of recent examples that both answer alike."),
  REJECTED(
      Scope.REJECTION,
      Kind.COUNTER,
      "rejected",
      "Records sent to the dead-letter topic, by reason; the operator's name tells the stage.");

  /**
   * Flink's kinds; the Prometheus reporter shows a histogram as a summary, all others as gauges.
   */
  public enum Kind {
    COUNTER,
    GAUGE,
    METER,
    HISTOGRAM;

    /** As documentation names it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Where metrics are registered, below the operator's group: a group, and under it, where there is
   * one series for each value of something, that label and the value.
   */
  public enum Scope {
    TRAINER("train", "trainer", ""),
    TRAINER_PHASE("train", "trainer", "phase"),
    ADAPTER_EVENT("train", "trainer", "event"),
    ADAPTER("train", "trainer", "adapter"),
    PUBLISHER("publish", "publisher", ""),
    PUBLISHED_ADAPTER("publish", "publisher", "adapter"),
    REJECTION("route-rejected, tokenize, train", "rejections", "reason");

    private final String operators;
    private final String group;
    private final String label;

    Scope(String operators, String group, String label) {
      this.operators = operators;
      this.group = group;
      this.label = label;
    }

    /** Names of the operators that register it. */
    public String operators() {
      return operators;
    }

    /** Its label in Prometheus beside Flink's own; empty without one. */
    public String label() {
      return label;
    }

    /** The group of an operator's own metrics. */
    MetricGroup in(MetricGroup operator) {
      if (!label.isEmpty()) {
        throw new IllegalArgumentException(this + " needs a value for " + label);
      }
      return operator.addGroup(group);
    }

    /** The group of one value. */
    MetricGroup in(MetricGroup operator, String value) {
      return operator.addGroup(group).addGroup(label, value);
    }
  }

  private final Scope scope;
  private final Kind kind;
  private final String metric;
  private final String meaning;

  JobMetric(Scope scope, Kind kind, String metric, String meaning) {
    this.scope = scope;
    this.kind = kind;
    this.metric = metric;
    this.meaning = meaning;
  }

  public Scope scope() {
    return scope;
  }

  public Kind kind() {
    return kind;
  }

  public String meaning() {
    return meaning;
  }

  /** As Flink's REST interface and web pages name it, after the operator. */
  public String flinkName() {
    String value = scope.label.isEmpty() ? "" : scope.label + ".<" + scope.label + ">.";
    return scope.group + "." + value + metric;
  }

  /** As Flink's Prometheus reporter names it. */
  public String prometheusName() {
    String label = scope.label.isEmpty() ? "" : scope.label + "_";
    return "flink_taskmanager_job_task_operator_" + scope.group + "_" + label + metric;
  }

  /** Registers the counter in its scope's group. */
  Counter counter(MetricGroup group) {
    require(Kind.COUNTER);
    return group.counter(metric);
  }

  /** Registers the gauge in its scope's group. */
  <T extends Number> void gauge(MetricGroup group, Supplier<T> value) {
    require(Kind.GAUGE);
    group.gauge(metric, (Gauge<T>) value::get);
  }

  /** Registers the meter in its scope's group. */
  void meter(MetricGroup group, Meter meter) {
    require(Kind.METER);
    group.meter(metric, meter);
  }

  /** Registers the histogram in its scope's group. */
  Histogram histogram(MetricGroup group, Histogram histogram) {
    require(Kind.HISTOGRAM);
    return group.histogram(metric, histogram);
  }

  private void require(Kind expected) {
    if (kind != expected) {
      throw new IllegalArgumentException(name() + " is a " + kind.label());
    }
  }
}
