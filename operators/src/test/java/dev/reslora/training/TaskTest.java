package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.RejectionReason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TaskTest {

  /** Labels come from producers, and a manifest that names them all is one Kafka record. */
  @Test
  void refusesMoreLabelsThanAManifestHasRoomFor() {
    Labels labels = new Labels();
    Admission.@Nullable Refusal refusal = null;
    for (int i = 0; refusal == null; i++) {
      refusal = refusal("%s%04d".formatted("\u6f22".repeat(250), i), labels);
    }
    assertThat(refusal.reason()).isEqualTo(RejectionReason.TOO_MANY_LABELS);
    assertThat(refusal.message()).startsWith("a new label of 754 bytes").contains("of the 524288");
    assertThat(labels.bytes()).isBetween(524_288 - 754, 524_288);
    assertThat(labels.size()).isEqualTo(524_288 / 754);
    assertThat(refusal(labels.names().get(0), labels)).isNull();
  }

  private static Admission.@Nullable Refusal refusal(String label, Labels labels) {
    return Task.CLASSIFICATION.refusal(
        TrainerConfigs.example(0, new int[] {1}, label), labels, 65_536);
  }
}
