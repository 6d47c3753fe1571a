package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guards that the configuration has no more, at a restart. */
class SwitchedOffTest {

  @TempDir private Path directory;

  private TrainerConfig on;
  private SortedMap<String, byte[]> state;

  @BeforeEach
  void learnWithAllGuardsOn() throws IOException {
    on = AllGuards.config(directory, Detector.PAGE_HINKLEY);
    try (Trainer trainer = Trainer.open(on);
        AdapterTraining adapter = trainer.create("a")) {
      AllGuards.Stream stream = new AllGuards.Stream();
      for (int i = 0; i < 500; i++) {
        AllGuards.offer(adapter, stream.next());
      }
      state = adapter.checkpoint();
    }
  }

  @Test
  void guardsLeaveNoExamplesInTheState() {
    assertThat(state).containsKeys("guards.served.params#0000", "labels.correctable#0000");
    try (Trainer trainer = Trainer.open(TrainerConfigs.tiny(Shortcut.BLOCK))) {
      SortedMap<String, byte[]> fresh;
      try (AdapterTraining adapter = trainer.create("a")) {
        fresh = adapter.checkpoint();
      }
      SortedMap<String, byte[]> next;
      try (AdapterTraining adapter = trainer.restore("a", state)) {
        assertThat(adapter.changed()).as("to be written").isTrue();
        next = adapter.checkpoint();
      }
      assertThat(next.keySet())
          .noneMatch(name -> name.startsWith("guards.served"))
          .noneMatch(name -> name.startsWith("guards.before"))
          .noneMatch(name -> name.startsWith("labels.correctable"));
      for (String section : List.of("guards.reservoir#0000", "guards.gate#0000")) {
        assertThat(next.get(section)).as(section).hasSameSizeAs(fresh.get(section));
      }
      try (AdapterTraining adapter = trainer.restore("a", next)) {
        assertThat(adapter.changed()).as("what was dropped is dropped once").isFalse();
      }
    }
  }

  @Test
  void guardsThatStayOnLoseNothing() {
    try (Trainer trainer = Trainer.open(on);
        AdapterTraining adapter = trainer.restore("a", state)) {
      assertThat(adapter.changed()).isFalse();
      SortedMap<String, byte[]> next = adapter.checkpoint();
      assertThat(next.keySet()).isEqualTo(state.keySet());
      next.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(state.get(name)));
    }
  }
}
