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
import java.util.Objects;
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
    assertThat(admission.refusal(named("x", 1))).isNull();
    assertThat(admission.refusal(named("y", 2))).isNull();
    admission = restored(admission);
    assertThat(Objects.requireNonNull(admission.refusal(named("x", 3))).reason())
        .isEqualTo(RejectionReason.DUPLICATE);
    assertThat(admission.refusal(named("z", 4))).isNull();
    assertThat(admission.refusal(named("z", 4))).as("a further piece of a text").isNull();
    assertThat(admission.refusal(named("w", 5))).isNull();
    assertThat(admission.refusal(named("x", 6))).as("out of the window").isNull();
  }

  private static TokenizedExample named(String id, long offset) {
    return new TokenizedExample("a", id, "in", 0, offset, 0, new int[] {1, 2, 3}, null, 0, "a", 1);
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
