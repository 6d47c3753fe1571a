package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.Criterion;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.Gate.Candidate;
import dev.reslora.training.Gate.Judge;
import dev.reslora.training.Gate.Version;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GateTest {

  private static final double LIMIT = 0.1;
  private static final double ALPHA = 0.05;
  private static final int RUNS = 400;

  /** A version whose accuracy is known: its two numbers are that, and the seed of its answers. */
  private static Version version(double accuracy, long seed) {
    return new Version(new float[] {(float) accuracy, seed}, 2);
  }

  private static final Judge JUDGE =
      (version, examples) -> {
        double[] scores = new double[examples.size()];
        for (int i = 0; i < scores.length; i++) {
          double chance = Seeds.unit((long) version.params()[1], examples.get(i).offset());
          scores[i] = chance < version.params()[0] ? 1 : 0;
        }
        return scores;
      };

  private static Candidate candidate(Version version) {
    return new Candidate(version, true, 0, 1, Double.NaN, Double.NaN, Double.NaN);
  }

  private static GateConfig config(boolean rollback) {
    return new GateConfig(2, 256, LIMIT, ALPHA, 0, 1, 0, 0, 0, rollback);
  }

  /** Examples that come, of which the gate keeps its share. */
  private static void stream(Gate gate, int run, int begin, int count) {
    for (int i = begin; i < begin + count; i++) {
      TokenizedExample example = TrainerConfigs.example(i + 10_000 * run, new int[] {1}, "x");
      if (gate.holdsOut()) {
        gate.hold(example);
      }
    }
  }

  private static boolean passes(Gate gate, Version version) {
    assertThat(gate.servedIsWorse(JUDGE)).isFalse();
    return gate.judge(candidate(version), JUDGE).stream().allMatch(Criterion::getMet);
  }

  @Test
  void seldomLetsAVersionPassThatLostTheLimit() {
    int passed = 0;
    for (int run = 0; run < RUNS; run++) {
      Gate gate = new Gate(config(false));
      stream(gate, run, 0, 600);
      assertThat(passes(gate, version(0.85, 2L * run))).isTrue();
      passed += passes(gate, version(0.85 - LIMIT, 2L * run + 1)) ? 1 : 0;
    }
    assertThat(passed / (double) RUNS).isLessThanOrEqualTo(ALPHA);
  }

  @Test
  void letsAnEqualAndABetterOnePassAsARule() {
    int equal = 0;
    int better = 0;
    for (int run = 0; run < RUNS; run++) {
      Gate gate = new Gate(config(false));
      stream(gate, run, 0, 600);
      passes(gate, version(0.9, 3L * run));
      equal += passes(gate, version(0.9, 3L * run + 1)) ? 1 : 0;
      better += passes(gate, version(0.97, 3L * run + 2)) ? 1 : 0;
    }
    assertThat(equal).isGreaterThan(RUNS / 2);
    assertThat(better).isGreaterThan(RUNS * 9 / 10);
  }

  @Test
  void holdsACandidateWhileTooLittleIsHeldOut() {
    Gate gate = new Gate(config(false));
    stream(gate, 0, 0, 40);
    assertThat(passes(gate, version(1, 1))).as("nothing is served yet").isTrue();
    List<Criterion> criteria = gate.judge(candidate(version(1, 1)), JUDGE);
    assertThat(criteria)
        .extracting(Criterion::getName)
        .containsExactly("finite", "holdout score over served", "holdout evidence");
    assertThat(criteria).extracting(Criterion::getMet).containsExactly(true, true, false);
    stream(gate, 0, 40, 100);
    assertThat(passes(gate, version(1, 1))).isTrue();
  }

  @Test
  void takesBackAVersionThatProvesWorseAndSeldomOneThatIsNot() {
    int worse = 0;
    int equal = 0;
    for (int run = 0; run < RUNS; run++) {
      worse += takenBack(run, 0.7) ? 1 : 0;
      equal += takenBack(run, 0.9) ? 1 : 0;
    }
    assertThat(worse).isGreaterThan(RUNS * 9 / 10);
    assertThat(equal / (double) RUNS).isLessThanOrEqualTo(ALPHA);
  }

  /** A version that was good when it was judged, and then is this good on what is new. */
  private static boolean takenBack(int run, double accuracy) {
    Gate gate = new Gate(config(true));
    stream(gate, run, 0, 600);
    Version first = version(0.9, 2L * run);
    passes(gate, first);
    Version second = version(0.9, 2L * run + 1);
    gate.judge(candidate(second), (version, examples) -> allRight(examples));
    second.params()[0] = (float) accuracy;
    for (int look = 0; look < 5; look++) {
      stream(gate, run, 600 + 100 * look, 100);
      if (gate.servedIsWorse(JUDGE)) {
        assertThat(Objects.requireNonNull(gate.rollBack()).params()).isEqualTo(first.params());
        assertThat(gate.rollBack()).as("there is none before that").isNull();
        return true;
      }
    }
    return false;
  }

  private static double[] allRight(List<TokenizedExample> examples) {
    double[] scores = new double[examples.size()];
    Arrays.fill(scores, 1);
    return scores;
  }

  @Test
  void namesEveryCriterionThatIsNotMet() {
    Gate gate = new Gate(new GateConfig(0, 1, LIMIT, ALPHA, 10, 0.02, 0.5, 0.2, 0.01, false));
    List<Criterion> criteria =
        gate.judge(new Candidate(version(1, 1), false, 0.1, 3, -0.1, 0.7, 0.3), JUDGE);
    assertThat(criteria)
        .containsExactly(
            new Criterion("finite", 0.0, 1.0, false),
            new Criterion("examples", 3.0, 10.0, false),
            new Criterion("merge KL", 0.1, 0.01, false),
            new Criterion("forgetting", 0.7, 0.5, false),
            new Criterion("anchor rise", 0.3, 0.2, false),
            new Criterion("accuracy over baseline", -0.1, -0.02, false));
    assertThat(gate.judge(candidate(version(1, 1)), JUDGE))
        .as("what was not judged holds nothing back")
        .filteredOn(criterion -> !criterion.getMet())
        .extracting(Criterion::getName)
        .containsExactly("examples");
  }
}
