package dev.reslora.training;

import static dev.reslora.training.Offered.offer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.DriftConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** Optimizer steps of several micro-batches. */
class AccumulationTest {

  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(100);

  private static Trainer open(int batchExamples, int accumulation, GateConfig gate) {
    TrainerConfig tiny = TrainerConfigs.tiny(Shortcut.BLOCK);
    TrainingConfig training = TrainerConfigs.training(batchExamples, accumulation, 1e-2);
    GuardConfig guards =
        new GuardConfig(0.99, 50, AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, gate);
    return Trainer.open(TrainerConfigs.with(tiny.adapter(), training).guarded(guards));
  }

  private static SnapshotDue due(List<TrainingEvent> events) {
    return events.stream()
        .filter(SnapshotDue.class::isInstance)
        .map(SnapshotDue.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void versionsCountWhatIsInTheirWeightsAndNotWhatIsSummed() {
    try (Trainer trainer = open(8, 3, GateConfig.OFF)) {
      SortedMap<String, byte[]> state;
      try (AdapterTraining adapter = trainer.create("a")) {
        offer(adapter, EXAMPLES.subList(0, 42));
        SnapshotDue first = due(adapter.publish("one step, two micro-batches and two examples"));
        assertThat(first.step()).isEqualTo(1);
        assertThat(first.totalExamples()).isEqualTo(24);
        assertThat(first.trained()).isEqualTo(24);
        assertThat(first.offsets()).containsExactly(new OffsetRange("in", 0, 0L, 24L));
        assertThat(first.eventTime()).isEqualTo(23_000);
        state = adapter.checkpoint();
      }
      try (AdapterTraining adapter = trainer.restore("a", state)) {
        offer(adapter, EXAMPLES.subList(42, 49));
        SnapshotDue second = due(adapter.publish("one more step and an example"));
        assertThat(second.step()).isEqualTo(2);
        assertThat(second.totalExamples()).isEqualTo(48);
        assertThat(second.trained()).isEqualTo(24);
        assertThat(second.offsets()).containsExactly(new OffsetRange("in", 0, 24L, 48L));
        assertThat(second.eventTime()).isEqualTo(47_000);
      }
    }
  }

  /** Every fourth example is held out, the others are a micro-batch. */
  @Test
  void whatWasSummedIsSkippedWhenARollbackDropsIt() {
    try (Trainer trainer = open(3, 2, new GateConfig(4, 64, 0.9, 0.9, 0, 1, 0, 0, 0, false));
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, EXAMPLES.subList(0, 40));
      due(adapter.publish("c1"));
      offer(adapter, EXAMPLES.subList(40, 80));
      assertThat(due(adapter.publish("c2")).totalExamples()).isEqualTo(60);
      offer(adapter, EXAMPLES.subList(80, 84));
      SnapshotDue again =
          due(
              adapter.obey(
                  new AdapterControl(
                      "a", "c", Instant.EPOCH, AdapterCommand.ROLL_BACK, null, Map.of())));
      assertThat(again.trained()).isZero();
      assertThat(again.skipped()).isEqualTo(4);
      assertThat(again.totalExamples()).isEqualTo(60);
      assertThat(again.offsets()).containsExactly(new OffsetRange("in", 0, 80L, 84L));
    }
  }
}
