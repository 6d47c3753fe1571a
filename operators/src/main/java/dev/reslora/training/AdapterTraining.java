package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepOutcome;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import dev.reslora.training.TrainingEvent.Stepped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One adapter that learns: its live tensors, unfinished batch, ledger and recent past. A function
 * of the examples and commands offered, in order; nothing else. Owner of its native memory.
 */
public final class AdapterTraining implements AutoCloseable {

  private final Trainer trainer;
  private final BaseModel base;
  private final TrainingConfig config;
  private final String adapterId;
  private final long seed;
  private final Task task;
  private final AdapterState state;
  private final Learner learner;
  private final @Nullable Baseline baseline;
  private boolean changed = true;

  AdapterTraining(
      Trainer trainer,
      String adapterId,
      AdapterState state,
      Learner learner,
      @Nullable Baseline baseline) {
    this.trainer = trainer;
    this.base = trainer.base();
    this.config = trainer.config().training();
    this.adapterId = adapterId;
    this.seed = Seeds.of(config.seed(), adapterId);
    this.task = Task.of(base.config());
    this.state = state;
    this.learner = learner;
    this.baseline = baseline;
  }

  /** Takes an example; trains when that closes a micro-batch. */
  public List<TrainingEvent> offer(TokenizedExample example) {
    changed = true;
    List<TrainingEvent> events = new ArrayList<>();
    Refused refused = refusal(example);
    if (refused != null) {
      state.ledger.see(example);
      state.ledger.refuse();
      if (state.batch.size() == 0) {
        state.ledger.settle(0, 0);
      }
      events.add(refused);
      return events;
    }
    if (state.batch.size() > 0
        && state.batch.tokens() + example.tokens().length > config.batchTokens()) {
      train(events);
    }
    state.ledger.see(example);
    state.batch.add(example);
    if (state.batch.size() >= config.batchExamples()) {
      train(events);
    }
    return events;
  }

  private @Nullable Refused refusal(TokenizedExample example) {
    if (state.paused) {
      return new Refused(
          example,
          RejectionReason.ADAPTER_PAUSED,
          "adapter " + adapterId + " is paused; a RESUME command takes examples again");
    }
    return task.refusal(example, state.labels, config.maxLabels());
  }

  /** Tests, then trains the batch that has filled up. */
  private void train(List<TrainingEvent> events) {
    List<TokenizedExample> examples = state.batch.drain();
    int known = learner.weights().labels();
    long number = state.batches++;
    learner.growTo(state.labels.size());
    long begin = System.nanoTime();
    try (NDManager scope = base.manager().newSubManager()) {
      Learner.Batch batch = batch(scope, examples);
      long packed = System.nanoTime();
      BaseModel.Outcome beside =
          baseline == null ? null : baseline.judge(batch, number, state.labels.size());
      long judged = System.nanoTime();
      Learner.Lesson lesson = learner.learn(batch, Seeds.dropout(seed, number));
      StepCost cost =
          new StepCost(
              flops(examples),
              packed - begin,
              judged - packed,
              System.nanoTime() - judged - lesson.updateNanos(),
              lesson.updateNanos());
      if (lesson.finite()) {
        learned(examples);
      } else {
        quarantined(examples, lesson, events);
      }
      events.add(new Stepped(report(examples, batch, lesson, beside, known), cost));
      String trigger = lesson.stepped() ? dueBy() : null;
      if (trigger != null) {
        events.add(snapshot(trigger));
      }
    }
  }

  private double flops(List<TokenizedExample> examples) {
    int[] lengths = examples.stream().mapToInt(example -> example.tokens().length).toArray();
    return StepFlops.of(base.projections(), learner.weights().shape().plan(), lengths);
  }

  private void learned(List<TokenizedExample> examples) {
    state.totalExamples += examples.size();
    state.failures = 0;
    for (TokenizedExample example : examples) {
      state.recent.add(example);
      state.eventTime = Math.max(state.eventTime, example.eventTime());
    }
    state.recent.keepTokens(config.recentTokens());
    if (state.snapshotEventTime == AdapterState.NEVER) {
      state.snapshotEventTime = examples.get(0).eventTime();
    }
    state.ledger.settle(examples.size(), 0);
  }

  private void quarantined(
      List<TokenizedExample> examples, Learner.Lesson lesson, List<TrainingEvent> events) {
    state.failures++;
    state.paused = state.failures >= config.pauseAfter();
    state.ledger.settle(0, examples.size());
    String message =
        "loss or gradient of its batch of "
            + examples.size()
            + " was not finite (gradient norm "
            + lesson.gradientNorm()
            + "); the step was skipped"
            + (state.paused
                ? ", and after " + state.failures + " in a row the adapter pauses"
                : "");
    for (TokenizedExample example : examples) {
      events.add(new Refused(example, RejectionReason.NON_FINITE, message));
    }
  }

  private Learner.Batch batch(NDManager scope, List<TokenizedExample> examples) {
    int count = examples.size();
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    int[] targets = new int[count];
    float[] weights = new float[count];
    double total = 0;
    for (TokenizedExample example : examples) {
      total += (double) example.weight() * task.predictions(example);
    }
    for (int i = 0; i < count; i++) {
      TokenizedExample example = examples.get(i);
      int[] segments = example.segments();
      sequences.add(
          new PackedBatch.Sequence(example.tokens(), segments == null ? new int[0] : segments));
      targets[i] = task.target(example, state.labels);
      weights[i] = total > 0 ? (float) (example.weight() / total) : 0;
    }
    return new Learner.Batch(base.pack(scope, sequences), targets, weights);
  }

  private StepReport report(
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

  private @Nullable String dueBy() {
    SnapshotSchedule schedule = trainer.config().snapshots();
    long steps = schedule.everySteps();
    long time = schedule.everyEventTime().toMillis();
    if (steps > 0 && learner.step() - state.snapshotStep >= steps) {
      return "steps";
    }
    return time > 0 && state.eventTime - state.snapshotEventTime >= time ? "event-time" : null;
  }

  /** Publishes now, whatever the schedule says; the unfinished batch stays unfinished. */
  public List<TrainingEvent> publish(String commandId) {
    changed = true;
    return List.of(snapshot("command:" + commandId));
  }

  private SnapshotDue snapshot(String trigger) {
    try (NDManager scope = base.manager().newSubManager()) {
      List<Learner.Batch> recent =
          state.recent.batches(config.batchTokens()).stream()
              .map(examples -> batch(scope, examples))
              .toList();
      MergedCopy copy =
          MergedCopy.of(
              base, learner, trainer.merge(), state.labels.names(), config.pooling(), recent);
      OffsetLedger ledger = state.ledger;
      SnapshotDue due =
          new SnapshotDue(
              copy.adapter(),
              copy.fidelity(),
              learner.step(),
              state.totalExamples,
              ledger.trained(),
              ledger.skipped(),
              ledger.ranges(),
              Math.max(0, state.eventTime),
              trigger);
      ledger.cut();
      state.snapshotStep = learner.step();
      state.snapshotEventTime = state.eventTime;
      return due;
    }
  }

  /** Refuses examples from here on, or takes them again. */
  public void pause(boolean paused) {
    changed = true;
    state.paused = paused;
    state.failures = 0;
  }

  /** Whether anything changed since it was made, restored or last checkpointed. */
  public boolean changed() {
    return changed;
  }

  /** The whole state, by name, each entry at most 4 MiB; {@link #changed} is false after. */
  public SortedMap<String, byte[]> checkpoint() {
    Sections sections = new Sections();
    trainer.writeIdentity(sections);
    state.write(sections);
    learner.write(sections, "adapter");
    if (baseline != null) {
      baseline.write(sections);
    }
    changed = false;
    return sections.entries();
  }

  /** For {@link Trainer#restore}: what was read is what is stored. */
  AdapterTraining unchanged() {
    changed = false;
    return this;
  }

  /** Native bytes held. */
  public long bytes() {
    return learner.weights().bytes() + (baseline == null ? 0 : baseline.bytes());
  }

  @Override
  public void close() {
    learner.close();
    if (baseline != null) {
      baseline.close();
    }
  }
}
