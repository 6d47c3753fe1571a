package dev.reslora.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SequentialTestTest {

  /** Wrong and right trade places in a tenth of the examples; the mean is exactly the bound. */
  private static double onTheBound(SplittableRandom random) {
    double toss = random.nextDouble();
    return toss < 0.075 ? -1 : toss < 0.1 ? 1 : 0;
  }

  @Test
  void seldomRejectsWhatIsTrueHoweverOftenItIsLookedAt() {
    int rejected = 0;
    for (int run = 0; run < 1000; run++) {
      SplittableRandom random = new SplittableRandom(run);
      SequentialTest test = new SequentialTest(-0.05);
      boolean ever = false;
      for (int i = 0; i < 2000 && !ever; i++) {
        test.add(onTheBound(random));
        ever = test.rejects(0.05);
      }
      rejected += ever ? 1 : 0;
    }
    assertThat(rejected).isBetween(1, 50);
  }

  @Test
  void findsThatAnEqualModelIsNotWorseByMoreThanTheLimit() {
    int found = 0;
    for (int run = 0; run < 200; run++) {
      SplittableRandom random = new SplittableRandom(run);
      SequentialTest test = new SequentialTest(-0.05);
      for (int i = 0; i < 512; i++) {
        double toss = random.nextDouble();
        test.add(toss < 0.05 ? -1 : toss < 0.1 ? 1 : 0);
      }
      found += test.rejects(0.05) ? 1 : 0;
    }
    assertThat(found).isBetween(120, 200);
  }

  @Test
  void multipliesTheCapitalOfEachBet() {
    SequentialTest test = new SequentialTest(0);
    test.add(1);
    // Mean over the bets of 1 + share, shares 1/64, 3/64, ..., 63/64.
    assertThat(test.logEvidence()).isCloseTo(Math.log(1.5), within(1e-12));
    test.add(-1);
    assertThat(test.logEvidence()).isLessThan(0);
    assertThat(test.mean()).isZero();
    assertThat(test.count()).isEqualTo(2);
  }

  @Test
  void goesOnFromItsState() throws IOException {
    SequentialTest test = new SequentialTest(0.1);
    test.add(1);
    test.add(-0.5);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    test.write(new DataOutputStream(bytes));
    SequentialTest restored =
        SequentialTest.read(
            0.1, new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    test.add(0.25);
    restored.add(0.25);
    assertThat(restored.logEvidence()).isEqualTo(test.logEvidence());
    assertThat(restored.mean()).isEqualTo(test.mean());
  }

  @Test
  void refusesABoundThatNoBetCanBeMadeOn() {
    assertThatThrownBy(() -> new SequentialTest(-1)).hasMessageContaining("found -1.0");
  }
}
