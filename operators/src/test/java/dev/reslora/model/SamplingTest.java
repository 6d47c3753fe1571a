package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplingTest {

  /** Probabilities 0.5, 0.25, 0.125, 0.125, in another order. */
  private static final float[] LOGITS = {
    (float) Math.log(0.125), (float) Math.log(0.5), (float) Math.log(0.125), (float) Math.log(0.25)
  };

  private static double share(Sampling sampling, int token) {
    return IntStream.range(0, 4000).filter(i -> sampling.choose(LOGITS, i) == token).count()
        / 4000.0;
  }

  @Test
  void takesTheLikeliestAtTemperatureZero() {
    assertThat(share(Sampling.GREEDY, 1)).isEqualTo(1);
    assertThat(Sampling.GREEDY.choose(new float[] {1, 3, 3}, 0)).isEqualTo(1);
  }

  @Test
  void drawsByProbability() {
    Sampling plain = new Sampling(1, 1, 7);
    assertThat(share(plain, 1)).isCloseTo(0.5, within(0.03));
    assertThat(share(plain, 3)).isCloseTo(0.25, within(0.03));
    assertThat(share(plain, 0)).isCloseTo(0.125, within(0.03));
    // p^2 renormalised: 0.25, 0.0625, 2 x 0.015625.
    assertThat(share(new Sampling(0.5, 1, 7), 1)).isCloseTo(0.7273, within(0.03));
  }

  @Test
  void drawsFromTheNucleusAlone() {
    Sampling nucleus = new Sampling(1, 0.7, 7);
    assertThat(share(nucleus, 1)).isCloseTo(2.0 / 3, within(0.03));
    assertThat(share(nucleus, 1) + share(nucleus, 3)).isEqualTo(1);
    assertThat(share(new Sampling(1, 0.5, 7), 1)).isEqualTo(1);
  }

  @Test
  void isAFunctionOfSeedAndPlace() {
    Sampling one = new Sampling(1, 1, 7);
    assertThat(one.choose(LOGITS, 11)).isEqualTo(new Sampling(1, 1, 7).choose(LOGITS, 11));
    assertThat(IntStream.range(0, 50).filter(i -> one.choose(LOGITS, i) != 1)).isNotEmpty();
    Sampling other = new Sampling(1, 1, 8);
    assertThat(IntStream.range(0, 50).filter(i -> one.choose(LOGITS, i) != other.choose(LOGITS, i)))
        .isNotEmpty();
  }

  @Test
  void refusesNumbersThatMeanNothing() {
    assertThatThrownBy(() -> new Sampling(-1, 1, 0)).hasMessageStartingWith("temperature: ");
    assertThatThrownBy(() -> new Sampling(Double.NaN, 1, 0)).hasMessageStartingWith("temperature:");
    assertThatThrownBy(() -> new Sampling(1, 0, 0)).hasMessageStartingWith("top-p: ");
    assertThatThrownBy(() -> new Sampling(1, 1.5, 0)).hasMessageStartingWith("top-p: ");
  }
}
