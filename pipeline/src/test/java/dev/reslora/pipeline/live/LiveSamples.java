package dev.reslora.pipeline.live;

import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.TestSnapshots;
import java.time.Instant;
import java.util.List;

/** Records that a job could have written. */
final class LiveSamples {

  private LiveSamples() {}

  /** Step n of 16 examples: the adapter learns, the frozen model forgets. */
  static StepReport step(String adapter, int n, int steps) {
    double progress = (double) n / steps;
    double ripple = Math.sin(n * 1.7) * 1.5;
    return StepReport.newBuilder()
        .setAdapterId(adapter)
        .setStep(n)
        .setExamples(16)
        .setTokens(640)
        .setTotalExamples(16L * n)
        .setEventTime(Instant.parse("2026-03-01T00:00:00Z").plusSeconds(n))
        .setLoss(1.6 * Math.exp(-2 * progress) + 0.25 + ripple / 30)
        .setCorrect((double) Math.round(16 * (0.45 + 0.4 * progress) + ripple))
        .setBaselineLoss(1.1 + 0.4 * progress)
        .setBaselineCorrect((double) Math.round(16 * (0.6 - 0.15 * progress) - ripple / 2))
        .setGradientNorm(1)
        .setLearningRate(1e-3)
        .setLabels(9)
        .setOutcome(StepOutcome.TRAINED)
        .setOffsets(List.of())
        .build();
  }

  static SnapshotManifest version(String adapter, long version, long step) {
    return TestSnapshots.facts(adapter, 0, 16 * step)
        .setVersion(version)
        .setStep(step)
        .setTotalExamples(16 * step)
        .setEventTime(Instant.now().minusSeconds(407 - step))
        .setParentDigest("")
        .setDigest("")
        .setFiles(List.of())
        .setChunkCount(1)
        .setPayloadSize(606_873)
        .setFormat(PeftLayout.FORMAT)
        .build();
  }

  /** After step n of 16 examples. */
  static AdapterEvent event(
      String adapter, int n, AdapterEventKind kind, String cause, String message, Criterion... of) {
    return AdapterEvent.newBuilder()
        .setAdapterId(adapter)
        .setKind(kind)
        .setStep(n)
        .setTotalExamples(16L * n)
        .setEventTime(Instant.parse("2026-03-01T00:00:00Z").plusSeconds(n))
        .setCause(cause)
        .setMessage(message)
        .setCriteria(List.of(of))
        .build();
  }

  static RejectedRecord rejection(long offset, RejectionReason reason, String message) {
    return RejectedRecord.newBuilder()
        .setTopic("training-examples")
        .setPartition(0)
        .setOffset(offset)
        .setTimestamp(1)
        .setStage("decode")
        .setReason(reason)
        .setMessage(message)
        .build();
  }
}
