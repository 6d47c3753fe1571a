package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.reslora.Merge;
import dev.reslora.schema.ForkId;
import dev.reslora.schema.RecordRules;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Forked;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * From what an adapter has learned to what is published: merges, asks the gate, forks, rolls back.
 */
final class Promotion {

  private final Trainer trainer;
  private final BaseModel base;
  private final TrainingConfig config;
  private final Task task;
  private final AdapterState state;
  private final Learner learner;
  private final Guards guards;
  private final Announcements announcements;
  private final Batches batches;

  Promotion(
      Trainer trainer,
      AdapterState state,
      Learner learner,
      Guards guards,
      Announcements announcements,
      Batches batches) {
    this.trainer = trainer;
    this.base = trainer.base();
    this.config = trainer.config().training();
    this.task = Task.of(base.config());
    this.state = state;
    this.learner = learner;
    this.guards = guards;
    this.announcements = announcements;
    this.batches = batches;
  }

  /** Packs examples with the rows of their labels. */
  interface Batches {
    Learner.Batch of(NDManager scope, List<TokenizedExample> examples);
  }

  /** A snapshot is due: publishes it if the gate lets it, or the version before if it must. */
  void snapshot(String trigger, List<TrainingEvent> events) {
    state.snapshotAt(learner.step());
    Gate gate = guards.gate();
    if (gate.servedIsWorse(this::scores)) {
      rollBack("rollback", false, events);
      return;
    }
    measureAnchors();
    MergedCopy copy = merged(learner);
    if (!gate.judges() && copy.finite()) {
      events.add(due(copy, trigger));
      learner.retention().published();
      return;
    }
    Gate.Candidate candidate =
        new Gate.Candidate(
            version(),
            copy.finite(),
            copy.fidelity().getKl(),
            state.ledger.trained(),
            guards.advantage(),
            guards.forgetting(),
            guards.anchors().rise());
    List<Criterion> criteria = gate.judge(candidate, this::scores);
    String failed =
        criteria.stream()
            .filter(criterion -> !criterion.getMet())
            .map(Criterion::getName)
            .collect(Collectors.joining(", "));
    if (failed.isEmpty()) {
      events.add(due(copy, trigger));
      learner.retention().published();
      events.add(
          announcements.of(
              AdapterEventKind.CANDIDATE_PROMOTED, trigger, "all criteria met", criteria));
    } else {
      events.add(
          announcements.of(
              AdapterEventKind.CANDIDATE_HELD, trigger, "not met: " + failed, criteria));
    }
  }

  /**
   * Publishes the version before anew.
   *
   * @param restart whether the learner goes on from it too
   * @return whether there is one
   */
  boolean rollBack(String trigger, boolean restart, List<TrainingEvent> events) {
    Criterion evidence = guards.gate().rollbackEvidence();
    Gate.Version again = guards.gate().rollBack();
    if (again == null) {
      return false;
    }
    if (restart) {
      learner.become(again.labels(), again.params());
      state.dropSum();
      state.settleIfIdle();
      guards.anchors().invalidate();
    }
    try (Learner old = trainer.learner(again)) {
      events.add(due(merged(old), trigger));
    }
    learner.retention().publishedAnew(again.labels(), again.params());
    events.add(
        announcements.of(
            AdapterEventKind.ROLLED_BACK,
            trigger,
            "the version before is published anew",
            List.of(evidence)));
    return true;
  }

  /**
   * What became of a fork.
   *
   * @param there whether there is one of this step
   * @param message for a person
   */
  record Forking(boolean there, String message) {}

  /**
   * Publishes what is trained as an adapter of its own, judged by no gate. Once a step: within one
   * the numbers are the same.
   */
  Forking fork(List<TrainingEvent> events) {
    ForkId fork = new ForkId(announcements.adapterId(), learner.step());
    try {
      RecordRules.checkAdapterId(fork.toString());
    } catch (RejectedException e) {
      return new Forking(false, "no fork is made, " + e.getMessage());
    }
    if (state.forkStep == fork.step()) {
      return new Forking(true, "forked at this step already, as " + fork);
    }
    state.forkStep = fork.step();
    String trigger = "fork:" + fork.adapterId();
    events.add(new Forked(fork, due(merged(learner), trigger, new OffsetLedger(), 0)));
    events.add(
        new Announcements(fork.toString(), state, learner)
            .of(
                AdapterEventKind.CANDIDATE_PROMOTED,
                trigger,
                "what adapter " + fork.adapterId() + " was after step " + fork.step(),
                List.of()));
    return new Forking(true, "forked as " + fork);
  }

  private Gate.Version version() {
    return new Gate.Version(learner.weights().copyParams(), learner.weights().labels());
  }

  /** Mean score of the learner as it is; a label not yet met is wrong. */
  double accuracy(List<TokenizedExample> examples) {
    List<TokenizedExample> known =
        examples.stream()
            .filter(example -> example.label() == null || state.labels.contains(example.label()))
            .toList();
    return DoubleStream.of(scores(version(), known)).sum() / examples.size();
  }

  /** Measures the anchor examples, unless that was done at this step. */
  void measureAnchors() {
    AnchorWatch anchors = guards.anchors();
    if (anchors.stale(learner.step())) {
      int[] which = anchors.askable(labels(learner));
      List<TokenizedExample> examples = anchors.examples(which);
      BaseModel.Outcome outcome = test(learner, examples);
      anchors.measured(
          learner.step(),
          which,
          each(examples, i -> loss(outcome, i, examples.get(i))),
          task == Task.CLASSIFICATION
              ? each(examples, i -> score(outcome, i, examples.get(i)))
              : new double[0]);
    }
  }

  /** What {@link Gate.Judge} says; a label that the version does not have it gets wrong. */
  private double[] scores(Gate.Version version, List<TokenizedExample> examples) {
    if (task == Task.CLASSIFICATION && version.labels() == 0) {
      return new double[examples.size()];
    }
    try (Learner judged = trainer.learner(version)) {
      BaseModel.Outcome outcome = test(judged, examples);
      return each(examples, i -> score(outcome, i, examples.get(i)));
    }
  }

  private static double[] each(List<TokenizedExample> examples, IntToDoubleFunction figure) {
    return IntStream.range(0, examples.size()).mapToDouble(figure).toArray();
  }

  private double score(BaseModel.Outcome outcome, int i, TokenizedExample example) {
    return task == Task.CLASSIFICATION
        ? outcome.predictions()[i] == task.target(example, state.labels) ? 1 : 0
        : Math.exp(-loss(outcome, i, example));
  }

  /** Mean over what is predicted, nats. */
  private double loss(BaseModel.Outcome outcome, int i, TokenizedExample example) {
    return outcome.losses()[i] / (double) task.predictions(example);
  }

  /** Tests a version on examples; of labels that it does not have the loss says nothing. */
  private BaseModel.Outcome test(Learner judged, List<TokenizedExample> examples) {
    ExampleQueue queue = new ExampleQueue();
    examples.forEach(queue::add);
    int labels = judged.weights().labels();
    List<BaseModel.Outcome> outcomes = new ArrayList<>();
    for (List<TokenizedExample> some : queue.batches(config.batchTokens())) {
      try (NDManager scope = base.manager().newSubManager()) {
        Learner.Batch batch = batches.of(scope, some);
        int[] targets = batch.targets();
        int[] askable =
            task == Task.CLASSIFICATION
                ? IntStream.of(targets).map(t -> t < labels ? t : 0).toArray()
                : targets;
        outcomes.add(judged.test(new Learner.Batch(batch.packed(), askable, batch.weights())));
      }
    }
    return BaseModel.Outcome.joined(outcomes);
  }

  /** Merges on the recent past and measures on it too: one live pass serves both. */
  private MergedCopy merged(Learner version) {
    try (NDManager scope = base.manager().newSubManager()) {
      List<Learner.Batch> recent = packed(scope, version, state.recent.all());
      return copy(trainer.merge(), version, new MergedCopy.Examples(recent, recent));
    }
  }

  /**
   * Merges on the recent past and measures on these examples; of both, on those whose labels the
   * version has.
   */
  MergedCopy merged(Merge merge, Learner version, Collection<TokenizedExample> judged) {
    try (NDManager scope = base.manager().newSubManager()) {
      List<Learner.Batch> recent = packed(scope, version, state.recent.all());
      return copy(merge, version, new MergedCopy.Examples(recent, packed(scope, version, judged)));
    }
  }

  private MergedCopy copy(Merge merge, Learner version, MergedCopy.Examples examples) {
    MergedCopy.Head head = new MergedCopy.Head(state.labels.names(), config.pooling());
    return MergedCopy.of(base, version, merge, head, examples);
  }

  private List<Learner.Batch> packed(
      NDManager scope, Learner version, Collection<TokenizedExample> examples) {
    ExampleQueue known = new ExampleQueue();
    List<String> labels = labels(version);
    examples.stream()
        .filter(example -> example.label() == null || labels.contains(example.label()))
        .forEach(known::add);
    return known.batches(config.batchTokens()).stream()
        .map(some -> batches.of(scope, some))
        .toList();
  }

  private List<String> labels(Learner version) {
    return state.labels.names().subList(0, version.weights().labels());
  }

  private SnapshotDue due(MergedCopy copy, String trigger) {
    SnapshotDue due = due(copy, trigger, state.ledger, state.examplesInWeights());
    state.ledger.cut();
    return due;
  }

  private SnapshotDue due(MergedCopy copy, String trigger, OffsetLedger ledger, long examples) {
    return new SnapshotDue(
        copy.adapter(),
        copy.fidelity(),
        copy.layers(),
        learner.step(),
        examples,
        ledger.trained(),
        ledger.skipped(),
        ledger.labels(),
        ledger.waiting(),
        ledger.ranges(),
        state.latestEventTime(),
        trigger,
        trainer.configDigest(state.overrides));
  }
}
