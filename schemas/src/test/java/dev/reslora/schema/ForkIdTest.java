package dev.reslora.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForkIdTest {

  @Test
  void readsWhatItWrites() {
    ForkId fork = new ForkId("tenant\n/mail.v2", 120);
    assertThat(fork).hasToString("tenant\n/mail.v2.fork-120");
    assertThat(ForkId.parse(fork.toString())).contains(fork);
    assertThat(ForkId.keyOf(fork.toString())).isEqualTo("tenant\n/mail.v2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mail", "mail.fork-", ".fork-1", "mail.fork-1a", "mail-fork-1", "mail.fork--1"})
  void takesOtherIdsForAdaptersThatLearn(String id) {
    assertThat(ForkId.parse(id)).isEmpty();
    assertThat(ForkId.keyOf(id)).isEqualTo(id);
  }

  @Test
  void readsNoStepThatIsNoNumberOfSteps() {
    assertThat(ForkId.parse("mail.fork-" + "9".repeat(18))).isPresent();
    assertThat(ForkId.parse("mail.fork-" + "9".repeat(19))).isEmpty();
  }
}
