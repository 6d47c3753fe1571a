package dev.reslora.training;

import dev.reslora.model.BaseModel;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What micro-batches of one adapter came to, with its progress. */
record StepReports(String adapterId, Task task, AdapterState state, Learner learner) {

  /**
   * The report of a batch just trained.
   *
   * @param batch of these examples alone, without what was replayed
   * @param beside what the frozen baseline said to it; null where it was not asked
   * @param known labels known before the batch came
   */
  StepReport of(
      List<TokenizedExample> examples,
      Learner.Batch batch,
      Learner.Lesson lesson,
      BaseModel.@Nullable Outcome beside,
      int known) {
    StepOutcome outcome =
        !lesson.finite()
            ? StepOutcome.SKIPPED_NON_FINITE
            : lesson.stepped() ? StepOutcome.TRAINED : StepOutcome.ACCUMULATED;
    return StepReport.newBuilder()
        .setAdapterId(adapterId)
        .setStep(learner.step())
        .setExamples(examples.size())
        .setTokens(batch.packed().size())
        .setTotalExamples(state.totalExamples)
        .setEventTime(
            Instant.ofEpochMilli(
                examples.stream().mapToLong(TokenizedExample::eventTime).max().orElse(0)))
        .setLoss(mean(lesson.outcome(), batch))
        .setCorrect(correct(lesson.outcome(), batch, known))
        .setPredictions(examples.stream().mapToInt(task::predictions).sum())
        .setBytes(examples.stream().mapToInt(TokenizedExample::bytes).sum())
        .setBaselineLoss(beside == null ? null : (Double) mean(beside, batch))
        .setBaselineCorrect(beside == null ? null : correct(beside, batch, known))
        .setGradientNorm(lesson.gradientNorm())
        .setUpdateRatio(lesson.updateRatio())
        .setLearningRate(learner.learningRate())
        .setLabels(state.labels.size())
        .setOutcome(outcome)
        .setOffsets(OffsetLedger.spanned(examples))
        .build();
  }

  private static double mean(BaseModel.Outcome outcome, Learner.Batch batch) {
    double loss = 0;
    for (int i = 0; i < batch.targets().length; i++) {
      loss += (double) batch.weights()[i] * outcome.losses()[i];
    }
    return loss;
  }

  /** A label that came with this batch was not to be known; null where labels are not the task. */
  private @Nullable Double correct(BaseModel.Outcome outcome, Learner.Batch batch, int known) {
    if (task != Task.CLASSIFICATION) {
      return null;
    }
    double correct = 0;
    for (int i = 0; i < batch.targets().length; i++) {
      int target = batch.targets()[i];
      correct += target < known && outcome.predictions()[i] == target ? 1 : 0;
    }
    return correct;
  }
}
