package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.nn.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnreadableStateTest {

  @TempDir private Path directory;

  @Test
  void leavesNoArrayBehindWhicheverSectionCannotBeRead() throws IOException {
    try (Trainer trainer = Trainer.open(AllGuards.config(directory, Detector.PAGE_HINKLEY))) {
      SortedMap<String, byte[]> whole;
      try (AdapterTraining adapter = trainer.create("a")) {
        AllGuards.Stream stream = new AllGuards.Stream();
        for (int i = 0; i < 500; i++) {
          AllGuards.offer(adapter, stream.next());
        }
        whole = adapter.checkpoint();
      }
      int arrays = Torch.arrays();
      Set<String> unreadable = new TreeSet<>();
      for (String section : whole.keySet()) {
        SortedMap<String, byte[]> state = new TreeMap<>(whole);
        byte[] bytes = whole.get(section);
        state.put(section, Arrays.copyOf(bytes, bytes.length / 2));
        try {
          trainer.restore("a", state).close();
        } catch (RuntimeException e) {
          unreadable.add(section);
        }
        assertThat(Torch.arrays()).as("arrays after half of %s", section).isEqualTo(arrays);
      }
      assertThat(unreadable)
          .contains("progress#0000", "adapter#0000", "adapter.params#0000")
          .contains("adapter.moments-from#0000", "adapter.ewc#0000")
          .contains("adapter.published.params#0000", "baseline#0000", "baseline.params#0000")
          .contains("baseline.progress#0000", "guards.gate#0000", "guards.progress#0000");
    }
  }
}
