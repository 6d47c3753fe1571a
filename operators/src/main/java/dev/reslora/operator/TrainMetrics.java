package dev.reslora.operator;

import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** The train stage's figures in Flink's metrics, under {@code trainer}; over all adapters. */
final class TrainMetrics {

  private final Counter steps;
  private final Counter skipped;
  private final Counter examples;
  private final Counter tokens;
  private volatile double loss;
  private volatile double stepMillis;
  private volatile double flushMillis;

  TrainMetrics(MetricGroup operator, LiveAdapters live) {
    MetricGroup trainer = operator.addGroup("trainer");
    steps = trainer.counter("steps");
    skipped = trainer.counter("skippedSteps");
    examples = trainer.counter("examples");
    tokens = trainer.counter("tokens");
    trainer.gauge("loss", () -> loss);
    trainer.gauge("stepMs", () -> stepMillis);
    trainer.gauge("flushMs", () -> flushMillis);
    trainer.gauge("liveAdapters", live::count);
    trainer.gauge("liveBytes", live::bytes);
    trainer.gauge("evictions", live::evictions);
  }

  void stepped(StepReport report, long nanos) {
    stepMillis = nanos / 1e6;
    if (report.getOutcome() == StepOutcome.SKIPPED_NON_FINITE) {
      skipped.inc();
      return;
    }
    steps.inc();
    examples.inc(report.getExamples());
    tokens.inc(report.getTokens());
    loss = report.getLoss();
  }

  void flushed(long nanos) {
    flushMillis = nanos / 1e6;
  }
}
