package dev.reslora.training;

import static dev.reslora.training.Offered.offer;
import static dev.reslora.training.Offered.reports;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.Deleted;
import dev.reslora.training.TrainingEvent.Forked;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** Commands that create, delete and fork. */
class CommandsTest {

  private static final Map<String, String> OPTIONS =
      Map.of(
          "training.batch-examples", "4",
          "training.seed", "99",
          "snapshot.every-steps", "3",
          "replay.examples", "2");

  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(50);

  /** With room for a replay that the job does not have. */
  private static Trainer open() {
    GuardConfig guards =
        GuardConfig.OFF.with(new ReplayConfig(ReplayConfig.Policy.UNIFORM, 1 << 20, 0, 1));
    return Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK).guarded(guards));
  }

  @Test
  void givesAnAdapterOptionsOfItsOwnAndKeepsThemOverARestart() {
    AdapterOverrides overrides = AdapterOverrides.of(OPTIONS);
    try (Trainer trainer = open()) {
      List<TrainingEvent> whole;
      SortedMap<String, byte[]> state;
      try (AdapterTraining adapter = trainer.create("a", overrides)) {
        whole = offer(adapter, EXAMPLES);
        state = adapter.checkpoint();
      }
      assertThat(reports(whole)).extracting(StepReport::getExamples).hasSize(12).containsOnly(4);
      assertThat(reports(whole).get(1).getReplayed()).isEqualTo(2);
      assertThat(due(whole)).extracting(SnapshotDue::step).containsExactly(3L, 6L, 9L, 12L);
      assertThat(due(whole))
          .extracting(SnapshotDue::configDigest)
          .containsOnly(trainer.configDigest(overrides))
          .doesNotContain(trainer.configDigest());

      List<TrainingEvent> pieces;
      SortedMap<String, byte[]> half;
      try (AdapterTraining adapter = trainer.create("a", overrides)) {
        pieces = offer(adapter, EXAMPLES.subList(0, 21));
        half = adapter.checkpoint();
      }
      try (AdapterTraining adapter = trainer.restore("a", half)) {
        pieces.addAll(offer(adapter, EXAMPLES.subList(21, 50)));
        SortedMap<String, byte[]> end = adapter.checkpoint();
        assertThat(end.keySet()).isEqualTo(state.keySet());
        end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(state.get(name)));
      }
      assertThat(reports(pieces)).isEqualTo(reports(whole));
    }
  }

  @Test
  void beginsWithOtherFactorsUnderAnotherSeed() {
    AdapterOverrides seed = AdapterOverrides.of(Map.of("training.seed", "99"));
    try (Trainer trainer = open();
        AdapterTraining one = trainer.create("a", seed);
        AdapterTraining other = trainer.create("a", AdapterOverrides.NONE);
        AdapterTraining again = trainer.create("a", seed)) {
      byte[] params = one.checkpoint().get("adapter.params#0000");
      assertThat(other.checkpoint().get("adapter.params#0000")).isNotEqualTo(params);
      assertThat(again.checkpoint().get("adapter.params#0000")).isEqualTo(params);
    }
  }

  @Test
  void refusesOptionsByName() {
    assertThatThrownBy(() -> AdapterOverrides.of(Map.of("adapter.rank", "4")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "options: expected one of [training.batch-examples, training.seed,"
                + " snapshot.every-steps, replay.examples], found adapter.rank");
    assertThatThrownBy(() -> AdapterOverrides.of(Map.of("training.batch-examples", "0")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 1 to 2147483647 for training.batch-examples, found 0");
    assertThatThrownBy(() -> AdapterOverrides.of(Map.of("training.seed", "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("for training.seed, found x");
  }

  @Test
  void refusesOtherOptionsForAnAdapterThatIsThere() {
    try (Trainer trainer = open();
        AdapterTraining adapter = trainer.create("a", AdapterOverrides.of(OPTIONS))) {
      assertThat(answer(adapter.obey(command(AdapterCommand.CREATE, OPTIONS))).getKind())
          .isEqualTo(AdapterEventKind.COMMAND_DONE);
      AdapterEvent refused =
          answer(adapter.obey(command(AdapterCommand.CREATE, Map.of("training.seed", "1"))));
      assertThat(refused.getKind()).isEqualTo(AdapterEventKind.COMMAND_REFUSED);
      assertThat(refused.getMessage()).startsWith("CREATE: the adapter is there already");
    }
  }

  @Test
  void handsItsUnfinishedBatchBackWhenItIsDeleted() {
    try (Trainer trainer = open();
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, EXAMPLES.subList(0, 11));
      List<TrainingEvent> events = adapter.obey(command(AdapterCommand.DELETE, Map.of()));
      assertThat(events.stream().filter(Refused.class::isInstance).map(Refused.class::cast))
          .allMatch(refused -> refused.reason() == RejectionReason.ADAPTER_DELETED)
          .extracting(refused -> refused.example().offset())
          .containsExactly(8L, 9L, 10L);
      assertThat(events.get(3)).isInstanceOf(Announced.class);
      assertThat(events.get(4)).isEqualTo(new Deleted());
      assertThat(events).hasSize(5);
    }
  }

  @Test
  void forksByCommandOnceAStepAndLearnsOnAsIfItHadNot() {
    try (Trainer trainer = open();
        AdapterTraining adapter = trainer.create("a");
        AdapterTraining without = trainer.create("a")) {
      offer(adapter, EXAMPLES.subList(0, 20));
      List<TrainingEvent> events = adapter.obey(command(AdapterCommand.FORK, Map.of()));
      assertThat(events).hasSize(3);
      Forked fork = (Forked) events.get(0);
      assertThat(fork.fork()).hasToString("a.fork-2");
      assertThat(fork.version().trigger()).isEqualTo("fork:a");
      assertThat(fork.version().offsets()).isEmpty();
      AdapterEvent there = ((Announced) events.get(1)).event();
      assertThat(there.getAdapterId()).isEqualTo("a.fork-2");
      assertThat(there.getKind()).isEqualTo(AdapterEventKind.CANDIDATE_PROMOTED);
      assertThat(answer(events).getKind()).isEqualTo(AdapterEventKind.COMMAND_DONE);
      assertThat(answer(events).getCause()).isEqualTo("c");
      assertThat(answer(events).getMessage()).isEqualTo("FORK: forked as a.fork-2");

      offer(adapter, EXAMPLES.subList(20, 22));
      List<TrainingEvent> again = adapter.obey(command(AdapterCommand.FORK, Map.of()));
      assertThat(again).hasSize(1);
      assertThat(answer(again).getKind()).isEqualTo(AdapterEventKind.COMMAND_DONE);
      assertThat(answer(again).getMessage())
          .isEqualTo("FORK: forked at this step already, as a.fork-2");

      offer(adapter, EXAMPLES.subList(22, 50));
      offer(without, EXAMPLES.subList(0, 20));
      SnapshotDue then = due(without.publish("now")).get(0);
      assertThat(fork.version().adapter()).usingRecursiveComparison().isEqualTo(then.adapter());
      offer(without, EXAMPLES.subList(20, 50));
      byte[] params = without.checkpoint().get("adapter.params#0000");
      assertThat(adapter.checkpoint().get("adapter.params#0000")).isEqualTo(params);
    }
  }

  @Test
  void refusesAForkWhoseIdCanBeNoKey() {
    try (Trainer trainer = open();
        AdapterTraining adapter = trainer.create("a".repeat(250))) {
      offer(adapter, EXAMPLES.subList(0, 20));
      List<TrainingEvent> events = adapter.obey(command(AdapterCommand.FORK, Map.of()));
      assertThat(events).hasSize(1);
      assertThat(answer(events).getKind()).isEqualTo(AdapterEventKind.COMMAND_REFUSED);
      assertThat(answer(events).getMessage())
          .startsWith("FORK: no fork is made, adapterId: expected at most 255 chars");
    }
  }

  private static AdapterControl command(AdapterCommand command, Map<String, String> options) {
    return new AdapterControl("a", "c", Instant.EPOCH, command, null, options);
  }

  private static AdapterEvent answer(List<TrainingEvent> events) {
    return ((Announced) events.get(events.size() - 1)).event();
  }

  private static List<SnapshotDue> due(List<TrainingEvent> events) {
    return events.stream()
        .filter(SnapshotDue.class::isInstance)
        .map(SnapshotDue.class::cast)
        .toList();
  }
}
