package dev.reslora.training;

import dev.reslora.evaluation.SequentialTest;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.text.TokenizedExample;
import dev.reslora.text.TokenizedExampleCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the learner and publishing: holds examples out, and compares each candidate on
 * them with the version that is served, and that version with the one before.
 *
 * <p>The holdout criterion is a {@link SequentialTest} of "the candidate loses {@code limit} of
 * accuracy or more": it must be rejected at {@code alpha}, so that too few examples hold a
 * candidate as bad ones do. The rollback criterion is one test of "the served version is not worse"
 * that goes on over all examples held out since that version was promoted, whenever it is looked
 * at.
 */
final class Gate {

  private final GateConfig config;
  private final List<HeldOut> holdout = new ArrayList<>();
  private long holdoutBytes;
  private SequentialTest rollback = new SequentialTest(0);
  private long accepted;
  private @Nullable Version served;
  private @Nullable Version before;

  Gate(GateConfig config) {
    this.config = config;
  }

  /** An adapter's numbers at some step: factors and head. */
  record Version(float[] params, int labels) {
    private long heapBytes() {
      return (long) Float.BYTES * params.length;
    }
  }

  /**
   * What was learned and might be published.
   *
   * @param version its numbers
   * @param finite whether all of the merged ones are
   * @param kl of the live against the merged adapter
   * @param examples trained on since the last version
   * @param advantage of accuracy over the frozen baseline on what both were asked; NaN where it was
   *     not judged
   * @param forgetting in nats; NaN where nothing was replayed
   * @param anchorRise of the anchor examples' loss, nats; NaN where there are none
   */
  record Candidate(
      Version version,
      boolean finite,
      double kl,
      long examples,
      double advantage,
      double forgetting,
      double anchorRise) {}

  /**
   * Runs a version over examples: scores from 0 to 1, of a classifier 1 where it is right and 0
   * where it is wrong, of a language model the mean probability of the tokens.
   */
  interface Judge {
    double[] scores(Version version, List<TokenizedExample> examples);
  }

  private static final class HeldOut {
    private final TokenizedExample example;
    private boolean judged;
    private double servedScore;

    private HeldOut(TokenizedExample example) {
      this.example = example;
    }

    private void judge(double score) {
      judged = true;
      servedScore = score;
    }
  }

  /** Whether the next accepted example is to be held out; counts it. */
  boolean holdsOut() {
    return config.holdoutEvery() > 0 && ++accepted % config.holdoutEvery() == 0;
  }

  void hold(TokenizedExample example) {
    holdout.add(new HeldOut(example));
    if (holdout.size() > config.holdoutExamples()) {
      holdout.remove(0);
    }
    weighHoldout();
  }

  private void weighHoldout() {
    holdoutBytes = holdout.stream().mapToLong(one -> HeapBytes.of(one.example)).sum();
  }

  /** The example of this id, if it is held out. */
  @Nullable TokenizedExample held(String id) {
    return holdout.stream()
        .map(one -> one.example)
        .filter(example -> example.exampleId().equals(id))
        .findFirst()
        .orElse(null);
  }

  /** Holds the example of this id no longer. */
  void release(String id) {
    holdout.removeIf(one -> one.example.exampleId().equals(id));
    weighHoldout();
  }

  /** What was held out tells nothing about what comes. */
  void renewHoldout() {
    holdout.clear();
    weighHoldout();
    rollback = new SequentialTest(0);
  }

  /**
   * Forgets the holdout and the versions judged on it, where nothing is held out any more; whether
   * there was anything.
   */
  boolean dropUnused() {
    if (config.holdoutEvery() > 0 || (holdout.isEmpty() && served == null)) {
      return false;
    }
    renewHoldout();
    served = null;
    before = null;
    return true;
  }

  /** Whether there is anything a candidate could fail. */
  boolean judges() {
    return config.holdoutEvery() > 0
        || config.minExamples() > 0
        || config.baselineMargin() < 1
        || config.maxForgetting() > 0
        || config.maxAnchorRise() > 0
        || config.maxKl() > 0;
  }

  /**
   * Judges a candidate by every criterion that is configured. One whose criteria are all met is the
   * served version from here on.
   */
  List<Criterion> judge(Candidate candidate, Judge judge) {
    List<Criterion> criteria = new ArrayList<>();
    criteria.add(new Criterion("finite", candidate.finite ? 1.0 : 0.0, 1.0, candidate.finite));
    atLeast(
        criteria,
        "examples",
        (double) candidate.examples,
        (double) config.minExamples(),
        config.minExamples() > 0);
    atMost(criteria, "merge KL", candidate.kl, config.maxKl(), config.maxKl() > 0);
    atMost(
        criteria,
        "forgetting",
        candidate.forgetting,
        config.maxForgetting(),
        config.maxForgetting() > 0);
    atMost(
        criteria,
        "anchor rise",
        candidate.anchorRise,
        config.maxAnchorRise(),
        config.maxAnchorRise() > 0);
    atLeast(
        criteria,
        "accuracy over baseline",
        candidate.advantage,
        -config.baselineMargin(),
        config.baselineMargin() < 1);
    double[] scores = {};
    if (config.holdoutEvery() > 0) {
      scores = judge.scores(candidate.version, examples(holdout));
      compare(criteria, scores);
    }
    if (criteria.stream().allMatch(Criterion::getMet)) {
      promote(candidate.version, scores);
    }
    return criteria;
  }

  private static void atLeast(
      List<Criterion> criteria, String name, double value, double limit, boolean configured) {
    if (configured) {
      criteria.add(new Criterion(name, value, limit, !(value < limit)));
    }
  }

  private static void atMost(
      List<Criterion> criteria, String name, double value, double limit, boolean configured) {
    if (configured) {
      criteria.add(new Criterion(name, value, limit, !(value > limit)));
    }
  }

  /** Every one held out was judged for the served version when {@link #servedIsWorse} was asked. */
  private void compare(List<Criterion> criteria, double[] scores) {
    if (served == null) {
      return;
    }
    SequentialTest test = new SequentialTest(-config.limit());
    for (int i = 0; i < scores.length; i++) {
      test.add(scores[i] - holdout.get(i).servedScore);
    }
    criteria.add(
        new Criterion(
            "holdout score over served",
            test.mean(),
            -config.limit(),
            test.mean() > -config.limit()));
    criteria.add(
        new Criterion(
            "holdout evidence",
            test.logEvidence(),
            -Math.log(config.alpha()),
            test.rejects(config.alpha())));
  }

  private void promote(Version version, double[] scores) {
    if (config.holdoutEvery() == 0) {
      return;
    }
    before = served;
    served = version;
    rollback = new SequentialTest(0);
    for (int i = 0; i < scores.length; i++) {
      holdout.get(i).judge(scores[i]);
    }
  }

  /**
   * Judges the served version, and the one before it, on what was held out since the last time.
   * Whether the evidence suffices to take the served one back.
   */
  boolean servedIsWorse(Judge judge) {
    if (served == null) {
      return false;
    }
    List<HeldOut> fresh = holdout.stream().filter(one -> !one.judged).toList();
    double[] scores = judge.scores(served, examples(fresh));
    double[] were = before == null ? scores : judge.scores(before, examples(fresh));
    for (int i = 0; i < scores.length; i++) {
      fresh.get(i).judge(scores[i]);
      rollback.add(were[i] - scores[i]);
    }
    return config.rollback() && before != null && rollback.rejects(config.alpha());
  }

  /** Evidence, natural logarithm, that the served version is worse than the one before. */
  Criterion rollbackEvidence() {
    return new Criterion(
        "evidence that it is worse",
        rollback.logEvidence(),
        -Math.log(config.alpha()),
        !rollback.rejects(config.alpha()));
  }

  /** Makes the version before the served one; null where there is none. */
  @Nullable Version rollBack() {
    Version again = before;
    if (again != null) {
      served = again;
      before = null;
      rollback = new SequentialTest(0);
      holdout.forEach(one -> one.judged = false);
    }
    return again;
  }

  private static List<TokenizedExample> examples(List<HeldOut> held) {
    return held.stream().map(one -> one.example).toList();
  }

  long heapBytes() {
    return holdoutBytes
        + (served == null ? 0 : served.heapBytes())
        + (before == null ? 0 : before.heapBytes());
  }

  void write(Sections sections) {
    sections.put("guards.gate", this::write);
    write(sections, "guards.served", served);
    write(sections, "guards.before", before);
  }

  private static void write(Sections sections, String name, @Nullable Version version) {
    if (version != null) {
      sections.put(
          name,
          out -> {
            out.writeInt(version.labels);
            out.writeInt(version.params.length);
          });
      sections.put(name + ".params", version.params);
    }
  }

  private void write(DataOutput out) throws IOException {
    out.writeLong(accepted);
    rollback.write(out);
    out.writeInt(holdout.size());
    for (HeldOut one : holdout) {
      TokenizedExampleCodec.write(one.example, out);
      out.writeBoolean(one.judged);
      out.writeDouble(one.servedScore);
    }
  }

  static Gate read(GateConfig config, Sections sections) {
    Gate gate = sections.get("guards.gate", in -> read(config, in));
    gate.served = readVersion(sections, "guards.served");
    gate.before = readVersion(sections, "guards.before");
    return gate;
  }

  private static Gate read(GateConfig config, DataInput in) throws IOException {
    Gate gate = new Gate(config);
    gate.accepted = in.readLong();
    gate.rollback = SequentialTest.read(0, in);
    for (int count = in.readInt(); count > 0; count--) {
      HeldOut one = new HeldOut(TokenizedExampleCodec.read(in));
      one.judged = in.readBoolean();
      one.servedScore = in.readDouble();
      gate.holdout.add(one);
    }
    gate.weighHoldout();
    return gate;
  }

  private static @Nullable Version readVersion(Sections sections, String name) {
    if (!sections.has(name)) {
      return null;
    }
    record Size(int labels, int params) {}
    Size size = sections.get(name, in -> new Size(in.readInt(), in.readInt()));
    return new Version(sections.floats(name + ".params", size.params), size.labels);
  }
}
