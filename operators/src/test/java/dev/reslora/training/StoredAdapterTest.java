package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.reslora.MergedFactor;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StoredAdapterTest {

  /** Four steps and five examples of the next. */
  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(37);

  @ParameterizedTest
  @EnumSource(names = {"NONE", "BLOCK"})
  void mergesAsTheJobDoesWithoutModelOrEngine(Shortcut shortcut) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(shortcut));
        AdapterTraining adapter = trainer.create("a")) {
      EXAMPLES.forEach(adapter::offer);
      StoredAdapter stored = StoredAdapter.read("a", adapter.checkpoint());
      SnapshotDue due =
          adapter.publish("now").stream()
              .filter(SnapshotDue.class::isInstance)
              .map(SnapshotDue.class::cast)
              .findFirst()
              .orElseThrow();

      List<MergedFactor> expected = due.adapter().factors();
      List<MergedFactor> found = stored.merged().orElseThrow().factors();
      assertThat(found).hasSameSizeAs(expected);
      for (int f = 0; f < found.size(); f++) {
        assertThat(found.get(f)).usingRecursiveComparison().isEqualTo(expected.get(f));
      }
      assertThat(stored.merged().orElseThrow().head())
          .usingRecursiveComparison()
          .isEqualTo(due.adapter().head());
      assertThat(stored.baseModelDigest()).isEqualTo(trainer.baseModelDigest());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INPUT", "MIDDLE"})
  void mergesNothingThatTakesActivations(Shortcut shortcut) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(shortcut));
        AdapterTraining adapter = trainer.create("a")) {
      assertThat(StoredAdapter.read("a", adapter.checkpoint()).merged()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsTheShapeThatItWasWrittenWith(Shortcut shortcut) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(shortcut));
        AdapterTraining adapter = trainer.create("a")) {
      StoredAdapter stored = StoredAdapter.read("a", adapter.checkpoint());
      assertThat(stored.identity()).containsAll(stored.shape().identity());
      assertThat(stored.shape().identity()).hasSizeGreaterThan(4);
    }
  }

  @Test
  void goesOnAsANewAdapterThatKnowsWhatItLearned() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK));
        AdapterTraining adapter = trainer.create("a")) {
      EXAMPLES.forEach(adapter::offer);
      SortedMap<String, byte[]> old = adapter.checkpoint();
      StoredAdapter stored = StoredAdapter.read("a", old);
      assertThat(stored.progress().step()).isEqualTo(4);
      assertThat(stored.progress().examples()).isEqualTo(32);
      assertThat(stored.progress().waiting()).isEqualTo(5);

      SortedMap<String, byte[]> begun = stored.asNew();
      StoredAdapter.Progress fresh = StoredAdapter.read("b", begun).progress();
      assertThat(fresh.step()).isEqualTo(4);
      assertThat(fresh.examples()).isZero();
      assertThat(fresh.waiting()).isZero();
      assertThat(fresh.offsets()).isEmpty();
      assertThat(fresh.labels()).isEqualTo(stored.progress().labels());
      assertThat(begun.get("adapter.moment2#0000")).isEqualTo(old.get("adapter.moment2#0000"));
      try (AdapterTraining other = trainer.restore("b", begun)) {
        List<TrainingEvent> events =
            TrainerConfigs.examples(8).stream().flatMap(e -> other.offer(e).stream()).toList();
        assertThat(events)
            .filteredOn(TrainingEvent.Stepped.class::isInstance)
            .singleElement()
            .isInstanceOfSatisfying(
                TrainingEvent.Stepped.class,
                stepped -> {
                  assertThat(stepped.report().getStep()).isEqualTo(5);
                  assertThat(stepped.report().getTotalExamples()).isEqualTo(8);
                });
      }
    }
  }

  @Test
  void namesWhatItCannotRead() {
    assertThatThrownBy(() -> StoredAdapter.read("a", new TreeMap<>()))
        .isInstanceOf(IncompatibleStateException.class)
        .hasMessageContaining("identity");
  }
}
