package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.text.TokenizedExample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  private static final AdmissionConfig STRICT =
      new AdmissionConfig(3, 3, 0.5, List.of("a", "b"), 4);

  private static @Nullable RejectionReason reason(
      Admission admission, int offset, String label, int... tokens) {
    Admission.Refusal refusal = admission.refusal(TrainerConfigs.example(offset, tokens, label));
    return refusal == null ? null : refusal.reason();
  }

  @Test
  void takesEverythingWhereNothingIsConfigured() {
    Admission admission = new Admission(AdmissionConfig.OFF);
    assertThat(reason(admission, 1, "z", 5)).isNull();
    assertThat(reason(admission, 1, "z", 5, 5, 5, 5, 5)).isNull();
    admission.lost(1e6);
    assertThat(admission.largestLoss()).isInfinite();
  }

  @Test
  void refusesTheShortTheRepetitiveAndTheUnknown() {
    Admission admission = new Admission(STRICT);
    assertThat(reason(admission, 1, "a", 1, 2)).isEqualTo(RejectionReason.TEXT_TOO_SHORT);
    assertThat(reason(admission, 2, "a", 1, 2, 1, 2, 1, 2, 1, 2))
        .isEqualTo(RejectionReason.REPETITIVE_TEXT);
    assertThat(reason(admission, 3, "c", 1, 2, 3)).isEqualTo(RejectionReason.UNKNOWN_LABEL);
    assertThat(reason(admission, 4, "b", 1, 2, 3)).isNull();
  }

  @Test
  void countsRepeatedBigrams() {
    assertThat(Admission.repetition(new int[] {1})).isZero();
    assertThat(Admission.repetition(new int[] {1, 2, 3, 4})).isZero();
    assertThat(Admission.repetition(new int[] {1, 1, 1, 1, 1})).isEqualTo(0.75);
    assertThat(Admission.repetition(new int[] {-1, 0, -1, 0})).isEqualTo(1 - 2 / 3.0);
  }

  @Test
  void knowsADuplicateWithinTheWindowAndAfterARestart() throws IOException {
    Admission admission = new Admission(STRICT);
    assertThat(repeats(admission, named("x", 1))).isFalse();
    assertThat(repeats(admission, named("y", 2))).isFalse();
    admission = restored(admission);
    assertThat(repeats(admission, named("x", 3))).isTrue();
    assertThat(repeats(admission, named("z", 4))).isFalse();
    assertThat(repeats(admission, named("z", 4))).as("a further piece of a text").isFalse();
    assertThat(repeats(admission, named("w", 5))).isFalse();
    assertThat(repeats(admission, named("x", 6))).as("out of the window").isFalse();
  }

  @Test
  void takesTheSameIdAtTheSameOffsetOfAnotherPartitionForADuplicate() {
    Admission admission = new Admission(STRICT);
    assertThat(repeats(admission, at("in", 0, "x"))).isFalse();
    assertThat(repeats(admission, at("in", 1, "x"))).isTrue();
    assertThat(repeats(admission, at("also-in", 0, "x"))).isTrue();
    assertThat(repeats(admission, at("in", 0, "x"))).isFalse();
  }

  @Test
  void takesExamplesWithoutAnIdForNoDuplicates() {
    Admission admission = new Admission(STRICT);
    for (int offset = 0; offset < 3; offset++) {
      assertThat(repeats(admission, named("", offset))).isFalse();
      assertThat(repeats(admission, named(" ", offset))).isFalse();
    }
  }

  @Test
  void knowsNothingOfAnIdWhoseExampleWasRefusedAfterAll() {
    Admission admission = new Admission(STRICT);
    TokenizedExample first = named("x", 1);
    assertThat(admission.refusal(first)).isNull();
    assertThat(repeats(admission, named("x", 2))).as("the first was not taken").isFalse();
    admission.dismiss(first);
    assertThat(repeats(admission, named("x", 3))).as("the second was").isTrue();
    admission.dismiss(named("x", 2));
    assertThat(repeats(admission, named("x", 4))).isFalse();
  }

  /** Whether an example is a duplicate; one that is not is taken. */
  private static boolean repeats(Admission admission, TokenizedExample example) {
    Admission.Refusal refusal = admission.refusal(example);
    if (refusal == null) {
      admission.admit(example);
      return false;
    }
    assertThat(refusal.reason()).isEqualTo(RejectionReason.DUPLICATE);
    return true;
  }

  private static TokenizedExample named(String id, long offset) {
    return named(id, "in", 0, offset);
  }

  private static TokenizedExample at(String topic, int partition, String id) {
    return named(id, topic, partition, 1);
  }

  private static TokenizedExample named(String id, String topic, int partition, long offset) {
    return new TokenizedExample(
        "a", id, topic, partition, offset, 0, new int[] {1, 2, 3}, null, 0, "a", 1);
  }

  @Test
  void drawsTheLineForLossesWhereTheStreamLies() throws IOException {
    Admission admission = new Admission(STRICT);
    for (int i = 0; i < 99; i++) {
      admission.lost(i % 2);
      assertThat(admission.largestLoss()).isInfinite();
    }
    admission.lost(1);
    double line = admission.largestLoss();
    assertThat(line).isBetween(2.4, 2.6);
    assertThat(restored(admission).largestLoss()).isEqualTo(line);
    for (int i = 0; i < 100; i++) {
      admission.lost(5);
    }
    assertThat(admission.largestLoss()).as("a drift moves the line").isGreaterThan(5);
  }

  private static Admission restored(Admission admission) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    admission.write(new DataOutputStream(bytes));
    return Admission.read(
        STRICT, new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
  }
}
