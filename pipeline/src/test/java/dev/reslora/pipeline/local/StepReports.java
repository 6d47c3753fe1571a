package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Made-up reports of steps. */
final class StepReports {

  private StepReports() {}

  static StepReport step(
      long step, int examples, @Nullable Double correct, @Nullable Double baselineCorrect) {
    return StepReport.newBuilder()
        .setAdapterId("mine")
        .setStep(step)
        .setExamples(examples)
        .setTokens(10 * examples)
        .setTotalExamples(step * examples)
        .setEventTime(Instant.EPOCH)
        .setLoss(1)
        .setCorrect(correct)
        .setBaselineCorrect(baselineCorrect)
        .setGradientNorm(1)
        .setLearningRate(1)
        .setLabels(2)
        .setOutcome(StepOutcome.TRAINED)
        .setOffsets(List.of())
        .build();
  }
}
