package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.reslora.Merge;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** From what an adapter has learned to what is published: merges, asks the gate, rolls back. */
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
    state.snapshotStep = learner.step();
    state.snapshotEventTime = state.eventTime;
    Gate gate = guards.gate();
    if (gate.servedIsWorse(this::scores)) {
      rollBack("rollback", false, events);
      return;
    }
    MergedCopy copy = merged(learner);
    if (!gate.judges()) {
      events.add(due(copy, trigger));
      learner.published();
      return;
    }
    Gate.Candidate candidate =
        new Gate.Candidate(
            version(),
            copy.finite(),
            copy.fidelity().getKl(),
            state.ledger.trained(),
            guards.advantage(),
            guards.forgetting());
    List<Criterion> criteria = gate.judge(candidate, this::scores);
    String failed =
        criteria.stream()
            .filter(criterion -> !criterion.getMet())
            .map(Criterion::getName)
            .collect(Collectors.joining(", "));
    if (failed.isEmpty()) {
      events.add(due(copy, trigger));
      learner.published();
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
    }
    try (Learner old = trainer.learner(again)) {
      events.add(due(merged(old), trigger));
    }
    learner.publishedAnew(again.labels(), again.params());
    events.add(
        announcements.of(
            AdapterEventKind.ROLLED_BACK,
            trigger,
            "the version before is published anew",
            List.of(evidence)));
    return true;
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

  /** What {@link Gate.Judge} says; a label that the version does not have it gets wrong. */
  private double[] scores(Gate.Version version, List<TokenizedExample> examples) {
    double[] scores = new double[examples.size()];
    boolean classifies = task == Task.CLASSIFICATION;
    if (classifies && version.labels() == 0) {
      return scores;
    }
    ExampleQueue queue = new ExampleQueue();
    examples.forEach(queue::add);
    int at = 0;
    try (Learner judged = trainer.learner(version)) {
      for (List<TokenizedExample> some : queue.batches(config.batchTokens())) {
        try (NDManager scope = base.manager().newSubManager()) {
          Learner.Batch batch = batches.of(scope, some);
          int[] targets = batch.targets();
          int[] askable =
              classifies
                  ? IntStream.of(targets).map(t -> t < version.labels() ? t : 0).toArray()
                  : targets;
          BaseModel.Outcome outcome =
              judged.test(new Learner.Batch(batch.packed(), askable, batch.weights()));
          for (int i = 0; i < some.size(); i++) {
            scores[at++] =
                classifies
                    ? outcome.predictions()[i] == targets[i] ? 1 : 0
                    : Math.exp(-outcome.losses()[i] / (double) task.predictions(some.get(i)));
          }
        }
      }
    }
    return scores;
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
    List<String> labels = state.labels.names().subList(0, version.weights().labels());
    examples.stream()
        .filter(example -> example.label() == null || labels.contains(example.label()))
        .forEach(known::add);
    return known.batches(config.batchTokens()).stream()
        .map(some -> batches.of(scope, some))
        .toList();
  }

  private SnapshotDue due(MergedCopy copy, String trigger) {
    OffsetLedger ledger = state.ledger;
    SnapshotDue due =
        new SnapshotDue(
            copy.adapter(),
            copy.fidelity(),
            copy.layers(),
            learner.step(),
            state.totalExamples,
            ledger.trained(),
            ledger.skipped(),
            ledger.ranges(),
            Math.max(0, state.eventTime),
            trigger);
    ledger.cut();
    return due;
  }
}
