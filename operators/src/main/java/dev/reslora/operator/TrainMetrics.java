package dev.reslora.operator;

import static dev.reslora.operator.JobMetric.*;

import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.PrequentialFigures;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.training.StepCost;
import dev.reslora.training.TrainingEvent.LabelUse;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.DoubleAdder;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.jspecify.annotations.Nullable;

/** The train stage's figures in Flink's metrics: over all adapters, and of the first few alone. */
final class TrainMetrics {

  private static final int HISTOGRAM_STEPS = 512;
  private static final int METER_SECONDS = 60;
  private static final PrequentialFigures NOT_JUDGED =
      new PrequentialFigures(0.0, Double.NaN, null, null, null);

  private final double peakFlops;
  private final PerAdapter<AdapterFigures> adapters;
  private final Counter steps;
  private final Counter skipped;
  private final Counter divided;
  private final Counter shared;
  private final Counter tokens;
  private final Judgement judgement;
  private final Histogram stepMillis;
  private final Counter pack;
  private final Counter baseline;
  private final Counter gradient;
  private final Counter update;
  private final Counter snapshot;
  private final DoubleAdder flops = new DoubleAdder();
  private final Counter waiting;
  private final Map<LabelUse, Counter> labels = new EnumMap<>(LabelUse.class);
  private final Map<AdapterEventKind, Counter> events = new EnumMap<>(AdapterEventKind.class);
  private volatile double loss;
  private volatile double gradientNorm;
  private volatile double updateRatio = Double.NaN;
  private volatile double learningRate;
  private volatile double forgetting = Double.NaN;
  private volatile double anchorLoss = Double.NaN;
  private volatile double anchorForgetting = Double.NaN;
  private volatile PrequentialFigures window = NOT_JUDGED;
  private volatile PrequentialFigures baselineWindow = NOT_JUDGED;
  private volatile double utilisation;
  private volatile double flushMillis;

  TrainMetrics(MetricGroup operator, MetricsPlan plan, LiveAdapters live) {
    MetricGroup trainer = Scope.TRAINER.in(operator);
    peakFlops = plan.peakFlops();
    adapters =
        new PerAdapter<>(plan.adapters(), id -> new AdapterFigures(Scope.ADAPTER.in(operator, id)));
    steps = STEPS.counter(trainer);
    skipped = SKIPPED_STEPS.counter(trainer);
    divided = DIVIDED_STEPS.counter(trainer);
    shared = SHARED_STEPS.counter(trainer);
    tokens = TOKENS.counter(trainer);
    judgement =
        new Judgement(
            EXAMPLES.counter(trainer),
            JUDGED_EXAMPLES.counter(trainer),
            CORRECT_EXAMPLES.counter(trainer),
            BASELINE_EXAMPLES.counter(trainer),
            BASELINE_CORRECT_EXAMPLES.counter(trainer));
    EXAMPLES_PER_SECOND.meter(trainer, new MeterView(judgement.examples, METER_SECONDS));
    TOKENS_PER_SECOND.meter(trainer, new MeterView(tokens, METER_SECONDS));
    waiting = WAITING_TEXTS.counter(trainer);
    labels.put(LabelUse.JOINED, JOINED_LABELS.counter(trainer));
    labels.put(LabelUse.CORRECTED, CORRECTED_LABELS.counter(trainer));
    labels.put(LabelUse.RETRAINED, RETRAINED_EXAMPLES.counter(trainer));
    LOSS.gauge(trainer, () -> loss);
    GRADIENT_NORM.gauge(trainer, () -> gradientNorm);
    UPDATE_RATIO.gauge(trainer, () -> updateRatio);
    LEARNING_RATE.gauge(trainer, () -> learningRate);
    WINDOW_LOSS.gauge(trainer, () -> window.getLoss());
    WINDOW_ACCURACY.gauge(trainer, () -> known(window.getAccuracy()));
    WINDOW_MACRO_F1.gauge(trainer, () -> known(window.getMacroF1()));
    WINDOW_CALIBRATION_ERROR.gauge(trainer, () -> known(window.getCalibrationError()));
    BASELINE_WINDOW_ACCURACY.gauge(trainer, () -> known(baselineWindow.getAccuracy()));
    FORGETTING.gauge(trainer, () -> forgetting);
    ANCHOR_LOSS.gauge(trainer, () -> anchorLoss);
    ANCHOR_FORGETTING.gauge(trainer, () -> anchorForgetting);
    for (AdapterEventKind kind : AdapterEventKind.values()) {
      events.put(kind, ADAPTER_EVENTS.counter(Scope.ADAPTER_EVENT.in(operator, kind.name())));
    }
    stepMillis =
        STEP_MILLIS.histogram(trainer, new DescriptiveStatisticsHistogram(HISTOGRAM_STEPS));
    pack = phase(operator, "pack");
    baseline = phase(operator, "baseline");
    gradient = phase(operator, "gradient");
    update = phase(operator, "update");
    snapshot = phase(operator, "snapshot");
    MODEL_FLOPS.gauge(trainer, flops::sum);
    MODEL_FLOPS_UTILISATION.gauge(trainer, () -> utilisation);
    LIVE_ADAPTERS.gauge(trainer, live::count);
    LIVE_BYTES.gauge(trainer, live::bytes);
    LIVE_HEAP_BYTES.gauge(trainer, live::heapBytes);
    LIVE_HITS.gauge(trainer, live::hits);
    RESTORED_ADAPTERS.gauge(trainer, live::restored);
    EVICTIONS.gauge(trainer, live::evictions);
    FLUSH_MILLIS.gauge(trainer, () -> flushMillis);
    STATE_BYTES_WRITTEN.gauge(trainer, live::written);
    NATIVE_ARRAYS.gauge(trainer, live::arrays);
    RESIDENT_BYTES.gauge(trainer, ResidentMemory::bytes);
  }

  private static Counter phase(MetricGroup operator, String name) {
    return PHASE_NANOS.counter(Scope.TRAINER_PHASE.in(operator, name));
  }

  void stepped(StepReport report, StepCost cost) {
    stepMillis.update(Math.round(cost.nanos() / 1e6));
    pack.inc(cost.packNanos());
    baseline.inc(cost.baselineNanos());
    gradient.inc(cost.gradientNanos());
    update.inc(cost.updateNanos());
    flops.add(cost.flops());
    if (cost.portions() > 1) {
      divided.inc();
    }
    utilisation = peakFlops > 0 ? cost.flops() / (cost.nanos() / 1e9) / peakFlops : 0;
    adapters.of(report.getAdapterId()).ifPresent(adapter -> adapter.stepped(report));
    if (report.getOutcome() == StepOutcome.SKIPPED_NON_FINITE) {
      skipped.inc();
      return;
    }
    steps.inc();
    tokens.inc(report.getTokens());
    judgement.add(report);
    loss = report.getLoss();
    gradientNorm = report.getGradientNorm();
    if (report.getOutcome() == StepOutcome.TRAINED) {
      updateRatio = known(report.getUpdateRatio());
    }
    learningRate = report.getLearningRate();
    forgetting = known(report.getForgetting());
    anchorLoss = known(report.getAnchorLoss());
    anchorForgetting = known(report.getAnchorForgetting());
    window = figures(report.getWindow());
    baselineWindow = figures(report.getBaselineWindow());
  }

  private static PrequentialFigures figures(@Nullable PrequentialFigures figures) {
    return figures == null ? NOT_JUDGED : figures;
  }

  private static double known(@Nullable Double figure) {
    return figure == null ? Double.NaN : figure;
  }

  /** So many adapters trained together. */
  void together(int adapters) {
    if (adapters > 1) {
      shared.inc(adapters);
    }
  }

  /** A text came to wait for its label. */
  void waits() {
    waiting.inc();
  }

  /** A label came after its text. */
  void labelled(LabelUse use) {
    Objects.requireNonNull(labels.get(use)).inc();
  }

  /** Counts an event under its kind. */
  void announced(AdapterEvent event) {
    Objects.requireNonNull(events.get(event.getKind())).inc();
  }

  /** A candidate was merged and measured. */
  void merged(long nanos) {
    snapshot.inc(nanos);
  }

  void flushed(long nanos) {
    flushMillis = nanos / 1e6;
  }

  /** How many examples were tested before they were trained on, and how well. */
  private record Judgement(
      Counter examples,
      Counter judged,
      Counter correct,
      Counter baselineJudged,
      Counter baselineCorrect) {

    void add(StepReport report) {
      examples.inc(report.getExamples());
      count(report, report.getCorrect(), judged, correct);
      count(report, report.getBaselineCorrect(), baselineJudged, baselineCorrect);
    }

    private static void count(
        StepReport report, @Nullable Double right, Counter examples, Counter correct) {
      if (right != null) {
        examples.inc(report.getExamples());
        correct.inc(Math.round(right));
      }
    }
  }

  /** One adapter's. */
  private static final class AdapterFigures {

    private final Counter skipped;
    private final Judgement judgement;
    private volatile long step;
    private volatile double loss;
    private volatile double gradientNorm;
    private volatile double updateRatio = Double.NaN;

    AdapterFigures(MetricGroup adapter) {
      skipped = ADAPTER_SKIPPED_STEPS.counter(adapter);
      judgement =
          new Judgement(
              ADAPTER_EXAMPLES.counter(adapter),
              ADAPTER_JUDGED_EXAMPLES.counter(adapter),
              ADAPTER_CORRECT_EXAMPLES.counter(adapter),
              ADAPTER_BASELINE_EXAMPLES.counter(adapter),
              ADAPTER_BASELINE_CORRECT_EXAMPLES.counter(adapter));
      ADAPTER_STEP.gauge(adapter, () -> step);
      ADAPTER_LOSS.gauge(adapter, () -> loss);
      ADAPTER_GRADIENT_NORM.gauge(adapter, () -> gradientNorm);
      ADAPTER_UPDATE_RATIO.gauge(adapter, () -> updateRatio);
    }

    void stepped(StepReport report) {
      if (report.getOutcome() == StepOutcome.SKIPPED_NON_FINITE) {
        skipped.inc();
        return;
      }
      judgement.add(report);
      step = report.getStep();
      loss = report.getLoss();
      gradientNorm = report.getGradientNorm();
      if (report.getOutcome() == StepOutcome.TRAINED) {
        updateRatio = known(report.getUpdateRatio());
      }
    }
  }
}
