package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.evaluation.DriftConfig.Reaction;
import dev.reslora.evaluation.Prediction;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.Handover;
import dev.reslora.reslora.Merge;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Deleted;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.Stepped;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One adapter that learns: its live tensors, unfinished batch, ledger and recent past. A function
 * of the examples and commands offered, in order; nothing else. Owner of its native memory.
 */
public final class AdapterTraining implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AdapterTraining.class);

  private final Trainer trainer;
  private final BaseModel base;
  private final TrainingConfig config;
  private final SnapshotSchedule snapshots;
  private final String adapterId;
  private final long seed;
  private final Task task;
  private final AdapterState state;
  private final Learner learner;
  private final @Nullable Baseline baseline;
  private final Guards guards;
  private final StepReports reports;
  private final Announcements announcements;
  private final Promotion promotion;
  private final Labelling labelling;
  private final boolean waitsForLabels;
  private boolean changed = true;
  private int mostPortions = 1;

  AdapterTraining(
      Trainer trainer,
      String adapterId,
      AdapterState state,
      Learner learner,
      @Nullable Baseline baseline,
      Guards guards) {
    this.trainer = trainer;
    this.base = trainer.base();
    TrainerConfig own = state.overrides.on(trainer.config());
    this.config = own.training();
    this.snapshots = own.snapshots();
    this.adapterId = adapterId;
    this.seed = Seeds.of(config.seed(), adapterId);
    this.task = Task.of(base.config());
    this.state = state;
    this.learner = learner;
    this.baseline = baseline;
    this.guards = guards;
    this.reports = new StepReports(adapterId, task, state, learner);
    this.announcements = new Announcements(adapterId, state, learner);
    this.promotion =
        new Promotion(
            trainer,
            state,
            learner,
            guards,
            announcements,
            (scope, examples) -> batch(scope, examples, base::pack));
    this.labelling = new Labelling(own.guards().labels(), state, guards, new Intake());
    this.waitsForLabels = task == Task.CLASSIFICATION && own.guards().labels().waits();
  }

  /**
   * Takes an example, holds it out, or lets it wait for its label; trains when that closes a
   * micro-batch.
   */
  public List<TrainingEvent> offer(TokenizedExample example) {
    changed = true;
    List<TrainingEvent> events = new ArrayList<>();
    labelling.timeOut(example.eventTime(), events);
    boolean waits = waitsForLabels && example.label() == null;
    Admission.Refusal refusal = refusal(example, waits);
    if (refusal != null) {
      passOver(() -> state.ledger.see(example));
      events.add(new Refused(example, refusal.reason(), refusal.message()));
      return events;
    }
    guards.admission().admit(example);
    if (waits) {
      labelling.await(example, events);
    } else {
      take(example, () -> state.ledger.see(example), events);
    }
    return events;
  }

  /** Takes the label of a text that was offered before. */
  public List<TrainingEvent> offer(LateLabel label) {
    changed = true;
    List<TrainingEvent> events = new ArrayList<>();
    labelling.timeOut(label.eventTime(), events);
    if (state.paused) {
      Admission.Refusal refusal = paused();
      labelling.refuse(label, refusal.reason(), refusal.message(), events);
    } else {
      labelling.offer(label, events);
    }
    return events;
  }

  private Admission.@Nullable Refusal refusal(TokenizedExample example, boolean waits) {
    if (state.paused) {
      return paused();
    }
    Admission.Refusal refusal = guards.admission().refusal(example);
    if (refusal != null || waits) {
      return refusal;
    }
    return task.refusal(example, state.labels, config.maxLabels());
  }

  private Admission.Refusal paused() {
    return new Admission.Refusal(
        RejectionReason.ADAPTER_PAUSED,
        "adapter " + adapterId + " is paused; a RESUME command takes examples again");
  }

  private void take(TokenizedExample example, Runnable arrival, List<TrainingEvent> events) {
    if (guards.gate().holdsOut()) {
      passOver(arrival);
      guards.gate().hold(example);
    } else {
      enqueue(example, arrival, events);
    }
  }

  /** What closes a batch is not seen yet when that is trained. */
  private void enqueue(TokenizedExample example, Runnable arrival, List<TrainingEvent> events) {
    if (due() || !fits(example)) {
      train(events);
    }
    arrival.run();
    state.batch.add(example);
    if (due() && trainer.config().together() == 1) {
      train(events);
    }
  }

  private boolean fits(TokenizedExample example) {
    long tokens = state.batch.tokens() + example.tokens().length;
    return state.batch.size() == 0 || tokens <= config.batchTokens();
  }

  private boolean due() {
    return state.batch.size() >= config.batchExamples();
  }

  /**
   * Tokens of a full micro-batch that waits for {@link #trainTogether}, or for the next example, at
   * which it is trained alone; 0 where none waits, as ever where each adapter trains alone.
   */
  public long dueTokens() {
    return due() ? state.batch.tokens() : 0;
  }

  /**
   * Trains the full micro-batches of several adapters of one trainer, in one pass over the base.
   *
   * @param due each once
   * @return what happened to each, in their order
   */
  public static List<List<TrainingEvent>> trainTogether(List<AdapterTraining> due) {
    List<List<TrainingEvent>> events = new ArrayList<>();
    List<OpenBatch> open = new ArrayList<>();
    try {
      for (AdapterTraining each : due) {
        each.changed = true;
        List<TrainingEvent> own = new ArrayList<>();
        events.add(own);
        open.add(each.open());
      }
      long before = System.nanoTime();
      List<Portions.Taken> taken =
          Learner.gradients(
              due.stream().map(each -> each.learner).toList(),
              open.stream().map(OpenBatch::whole).toList(),
              open.stream().map(OpenBatch::seed).toList());
      long each = (System.nanoTime() - before) / due.size();
      for (int i = 0; i < due.size(); i++) {
        due.get(i).train(open.get(i), taken.get(i), each, events.get(i));
      }
    } finally {
      open.forEach(OpenBatch::close);
    }
    return events;
  }

  private void passOver(Runnable arrival) {
    arrival.run();
    state.ledger.refuse();
    state.settleIfIdle();
  }

  private final class Intake implements Labelling.Intake {

    @Override
    public Admission.@Nullable Refusal refusal(TokenizedExample example) {
      Admission.Refusal refusal = guards.admission().labelRefusal(example.label());
      return refusal != null ? refusal : task.refusal(example, state.labels, config.maxLabels());
    }

    @Override
    public void take(TokenizedExample example, Runnable arrival, List<TrainingEvent> events) {
      AdapterTraining.this.take(example, arrival, events);
    }

    @Override
    public void train(TokenizedExample example, Runnable arrival, List<TrainingEvent> events) {
      enqueue(example, arrival, events);
    }

    @Override
    public void passOver(Runnable arrival) {
      AdapterTraining.this.passOver(arrival);
    }
  }

  /**
   * A micro-batch on the device, between its test by others and its own.
   *
   * @param scope owns what it has there
   * @param known labels before it
   * @param seed of its dropout masks
   * @param past earlier examples that are trained on again
   * @param trained its examples and those
   * @param batch its examples, packed
   * @param whole what is trained on, packed
   * @param beside what the frozen model made of its examples, if it was asked
   * @param teacher whose answers are to be kept, if anybody's
   */
  private record OpenBatch(
      NDManager scope,
      List<TokenizedExample> examples,
      int known,
      long seed,
      List<Reservoir.Kept> past,
      List<TokenizedExample> trained,
      Learner.Batch batch,
      Learner.Batch whole,
      BaseModel.@Nullable Outcome beside,
      BaseModel.@Nullable Teacher teacher,
      long packNanos,
      long baselineNanos)
      implements AutoCloseable {

    @Override
    public void close() {
      scope.close();
    }
  }

  /** Takes the batch that has filled up, and lets the frozen model answer first. */
  private OpenBatch open() {
    if (guards.anchors().due(learner.step())) {
      promotion.measureAnchors();
    }
    NDManager scope = base.manager().newSubManager();
    return Handover.to(() -> open(scope), scope::close);
  }

  private OpenBatch open(NDManager scope) {
    long begin = System.nanoTime();
    List<TokenizedExample> examples = state.batch.drain();
    int known = learner.weights().labels();
    long number = state.batches++;
    learner.growTo(state.labels.size());
    List<Reservoir.Kept> past = guards.replay(number);
    Learner.Batch batch = batch(scope, examples, base::packForTraining);
    List<TokenizedExample> trained = with(examples, past);
    Learner.Batch whole = past.isEmpty() ? batch : batch(scope, trained, base::packForTraining);
    long packed = System.nanoTime();
    BaseModel.Outcome beside =
        baseline == null ? null : baseline.judge(batch, number, state.labels.size());
    long judged = System.nanoTime();
    return new OpenBatch(
        scope,
        examples,
        known,
        Seeds.dropout(seed, number),
        past,
        trained,
        batch,
        whole,
        beside,
        teacher(),
        packed - begin,
        judged - packed);
  }

  /** Tests, then trains the batch that has filled up. */
  private void train(List<TrainingEvent> events) {
    try (OpenBatch open = open()) {
      long before = System.nanoTime();
      Portions.Taken taken = learner.gradient(open.whole, open.seed, open.teacher);
      train(open, taken, System.nanoTime() - before, events);
    }
  }

  /**
   * Learns from a batch whose gradient is there.
   *
   * @param nanos that the gradient took
   */
  private void train(OpenBatch open, Portions.Taken taken, long nanos, List<TrainingEvent> events) {
    List<TokenizedExample> examples = open.examples;
    List<TokenizedExample> trained = open.trained;
    double[] largest = largestLosses(trained);
    learner.scaleRates(guards.rateFactor(learner.step(), config.learningRate()));
    long before = System.nanoTime();
    Learner.Lesson lesson = learner.learn(open.whole, taken, open.seed, largest, open.teacher);
    StepCost cost =
        new StepCost(
            flops(trained),
            lesson.portions(),
            open.packNanos,
            open.baselineNanos,
            nanos + System.nanoTime() - before - lesson.updateNanos(),
            lesson.updateNanos());
    warnOfPortions(lesson.portions(), open.whole.packed());
    boolean drifts = false;
    int outliers = 0;
    BaseModel.Outcome beside = open.beside;
    if (lesson.finite()) {
      List<Prediction> all = predictions(lesson.outcome(), trained, open.whole, open.known);
      List<Prediction> predictions = all.subList(0, examples.size());
      guards.replayed(open.past, all.subList(examples.size(), all.size()));
      drifts = guards.judged(predictions);
      if (beside != null) {
        guards.judgedBeside(predictions(beside, examples, open.batch, open.known), predictions);
      }
      guards.renewReplay(drifts, learner.step(), examples);
      outliers = learned(examples, lesson.outcome(), predictions, largest, events);
    } else {
      quarantined(examples, lesson, events);
    }
    if (!learner.sums()) {
      state.sumEnds(lesson.finite());
    }
    StepReport report = reports.of(examples, open.batch, lesson, beside, open.known);
    guards.report(report, outliers, open.past.size());
    events.add(new Stepped(report, cost));
    if (drifts) {
      react(events);
    }
    String trigger = dueBy(drifts, lesson.stepped());
    if (trigger != null) {
      promotion.snapshot(trigger, events);
    }
  }

  /** Whose answers are to be kept; of a classifier that knows one class there are none. */
  private BaseModel.@Nullable Teacher teacher() {
    ForgettingConfig forgetting = trainer.config().guards().forgetting();
    if (forgetting.kl() == 0) {
      return null;
    }
    BaseModel.Teacher teacher =
        forgetting.keeps()
            ? learner.retention().teacher()
            : baseline == null ? null : baseline.teacher(forgetting.kl());
    boolean teaches = teacher != null && (task == Task.LANGUAGE_MODELLING || teacher.labels() >= 2);
    return teaches ? teacher : null;
  }

  /** Says it once, and again when it becomes worse. */
  private void warnOfPortions(int portions, PackedBatch batch) {
    if (portions > mostPortions) {
      mostPortions = portions;
      LOG.warn(
          "Adapter {}: the device has no memory for a step of {} examples with {} tokens, which was"
              + " taken in {} portions instead; make training.batch-tokens ({}) smaller",
          adapterId,
          batch.sequences().size(),
          batch.size(),
          portions,
          config.batchTokens());
    }
  }

  private double flops(List<TokenizedExample> examples) {
    int[] lengths = examples.stream().mapToInt(example -> example.tokens().length).toArray();
    return StepFlops.of(base.projections(), learner.weights().shape().plan(), lengths);
  }

  private static List<TokenizedExample> with(
      List<TokenizedExample> examples, List<Reservoir.Kept> past) {
    List<TokenizedExample> all = new ArrayList<>(examples);
    past.forEach(kept -> all.add(kept.example));
    return all;
  }

  /** For each example the loss above which it is an outlier. */
  private double[] largestLosses(List<TokenizedExample> examples) {
    double mean = guards.admission().largestLoss();
    return examples.stream().mapToDouble(example -> mean * task.predictions(example)).toArray();
  }

  /** A label that came with this batch was not to be known; a language model has none. */
  private List<Prediction> predictions(
      BaseModel.Outcome outcome, List<TokenizedExample> examples, Learner.Batch batch, int known) {
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      double loss = outcome.losses()[i] / (double) task.predictions(examples.get(i));
      if (task == Task.CLASSIFICATION) {
        int target = batch.targets()[i];
        int predicted = target < known ? outcome.predictions()[i] : Prediction.NONE;
        predictions.add(new Prediction(loss, target, predicted, outcome.confidences()[i]));
      } else {
        predictions.add(new Prediction(loss, Prediction.NONE, Prediction.NONE, Double.NaN));
      }
    }
    return predictions;
  }

  /** Takes stock of a batch; examples whose loss was an outlier were not trained on. */
  private int learned(
      List<TokenizedExample> examples,
      BaseModel.Outcome outcome,
      List<Prediction> predictions,
      double[] largest,
      List<TrainingEvent> events) {
    int outliers = 0;
    for (int i = 0; i < examples.size(); i++) {
      TokenizedExample example = examples.get(i);
      double loss = outcome.losses()[i];
      if (loss > largest[i]) {
        outliers++;
        guards.admission().dismiss(example);
        String message = "its loss of %.3f is above %.3f".formatted(loss, largest[i]);
        events.add(new Refused(example, RejectionReason.LOSS_OUTLIER, message));
      } else {
        state.learned(example);
        guards.learned(example, predictions.get(i).loss());
        labelling.trained(example);
      }
    }
    state.failures = 0;
    state.recent.keepTokens(config.recentTokens());
    state.batchOf(examples);
    state.ledger.sum(examples.size() - outliers, outliers);
    return outliers;
  }

  private void react(List<TrainingEvent> events) {
    guards.react(learner.step());
    learner.retention().drifted();
    if (guards.reacts(Reaction.RESET_MOMENTS)) {
      learner.resetMoments();
    }
    state.paused |= guards.reacts(Reaction.PAUSE);
    String message = "the " + guards.signal() + " has risen; " + guards.reactions();
    if (guards.reacts(Reaction.FORK)) {
      message += "; " + promotion.fork(events).message();
    }
    events.add(announcements.of(AdapterEventKind.DRIFT, guards.detector(), message, List.of()));
  }

  private void quarantined(
      List<TokenizedExample> examples, Learner.Lesson lesson, List<TrainingEvent> events) {
    state.failures++;
    state.paused = state.failures >= config.pauseAfter();
    state.ledger.sum(0, examples.size());
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
      guards.admission().dismiss(example);
      events.add(new Refused(example, RejectionReason.NON_FINITE, message));
    }
  }

  private Learner.Batch batch(
      NDManager scope,
      List<TokenizedExample> examples,
      BiFunction<NDManager, List<PackedBatch.Sequence>, PackedBatch> packing) {
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
    return new Learner.Batch(packing.apply(scope, sequences), targets, weights);
  }

  private @Nullable String dueBy(boolean drifts, boolean stepped) {
    if (drifts && guards.reacts(Reaction.SNAPSHOT)) {
      return "drift";
    }
    if (!stepped) {
      return null;
    }
    long steps = snapshots.everySteps();
    long time = snapshots.everyEventTime().toMillis();
    if (steps > 0 && learner.step() - state.snapshotStep >= steps) {
      return "steps";
    }
    return time > 0 && state.movedOn(time) ? "event-time" : null;
  }

  /** Does what a command says, and answers; the unfinished batch stays unfinished. */
  public List<TrainingEvent> obey(AdapterControl control) {
    changed = true;
    List<TrainingEvent> events = new ArrayList<>();
    Double rate = control.getLearningRate();
    String refusal = "";
    String done = "";
    switch (control.getCommand()) {
      case PUBLISH -> events.addAll(publish(control.getCommandId()));
      case PAUSE -> pause(true);
      case RESUME -> pause(false);
      case CREATE, SET_LEARNING_RATE -> {
        if (!control.getOptions().isEmpty()
            && !state.overrides.options().equals(control.getOptions())) {
          refusal = "the adapter is there already; delete it to begin it with other options";
        } else if (rate != null) {
          guards.setLearningRate(rate);
        }
      }
      case ROLL_BACK -> {
        if (!promotion.rollBack("command:" + control.getCommandId(), true, events)) {
          refusal = "there is no version before";
        }
      }
      case DELETE -> giveUp(events);
      case FORK -> {
        Promotion.Forking fork = promotion.fork(events);
        done = fork.there() ? fork.message() : "";
        refusal = fork.there() ? "" : fork.message();
      }
      case UNKNOWN -> refusal = "not a command of this release";
    }
    String said = refusal + done;
    events.add(
        announcements.of(
            refusal.isEmpty() ? AdapterEventKind.COMMAND_DONE : AdapterEventKind.COMMAND_REFUSED,
            control.getCommandId(),
            control.getCommand() + (said.isEmpty() ? "" : ": " + said),
            List.of()));
    if (control.getCommand() == AdapterCommand.DELETE) {
      events.add(new Deleted());
    }
    return events;
  }

  /** What was taken and not trained on yet is not dropped in silence. */
  private void giveUp(List<TrainingEvent> events) {
    List<TokenizedExample> untrained = state.batch.drain();
    untrained.addAll(state.waiting.all());
    for (TokenizedExample example : untrained) {
      events.add(
          new Refused(
              example,
              RejectionReason.ADAPTER_DELETED,
              "adapter " + adapterId + " was deleted before the example was trained on"));
    }
  }

  /** Makes a candidate now, whatever the schedule says. */
  public List<TrainingEvent> publish(String commandId) {
    changed = true;
    List<TrainingEvent> events = new ArrayList<>();
    promotion.snapshot("command:" + commandId, events);
    return events;
  }

  /**
   * Share of examples that the adapter gets right as it is, of a language model the mean
   * probability of their tokens; learns nothing from them.
   */
  public double accuracy(List<TokenizedExample> examples) {
    return promotion.accuracy(examples);
  }

  /**
   * Merges on the recent past and measures on other examples; nothing changes. Examples whose
   * labels were never trained on are passed over.
   */
  MergedCopy trial(Merge merge, List<TokenizedExample> unseen) {
    return promotion.merged(merge, learner, unseen);
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
    trainer.identity().write(sections);
    state.write(sections);
    learner.write(sections, "adapter");
    if (baseline != null) {
      baseline.write(sections);
    }
    guards.write(sections);
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
    return learner.bytes() + (baseline == null ? 0 : baseline.bytes());
  }

  /** Bytes of Java heap held, by estimate: examples, figures, and versions to go back to. */
  public long heapBytes() {
    return HeapBytes.ADAPTER + state.heapBytes() + guards.heapBytes();
  }

  @Override
  public void close() {
    learner.close();
    if (baseline != null) {
      baseline.close();
    }
  }
}
