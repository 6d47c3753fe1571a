package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Steps give back what they take. Arrays are counted from DJL's root, whose getManagedArrays walks
 * every manager below it; what no manager knows (handles, tensors of lists) shows in the resident
 * memory: one lost set of a step's activations here is 2 MB.
 */
class NativeMemoryTest {

  private static final int STEPS = 1000;
  private static final Path STATUS = Path.of("/proc/self/status");

  @TempDir private Path directory;

  @Test
  void aThousandStepsLeaveNoArrayAndNoMemory() throws IOException {
    Torch.useThreads(1);
    RandomEncoder encoder = new RandomEncoder("bert", "gelu", 2, 64, 4, 256);
    try (BertTrial trial = BertTrial.open(encoder, directory, true, false)) {
      AdapterShape shape =
          trial.shape(
              new ResLoraConfig(4, 8, Shortcut.MIDDLE, -1, 0.1, List.of("query", "output.dense")));
      try (AdapterWeights weights = trial.adapter(shape, trial.params(shape));
          Arguments arguments = shape.plan().arguments()) {
        LiveAdapter live = weights.live(arguments);
        NDManager root = trial.base.manager().getParentManager();
        run(trial, weights, live, 1, STEPS / 4);
        System.gc();
        int arrays = root.getManagedArrays().size();
        long resident = resident();
        run(trial, weights, live, STEPS / 4 + 1, STEPS);
        System.gc();
        assertThat(root.getManagedArrays()).hasSize(arrays);
        assumeTrue(resident > 0, "resident memory is read on Linux alone");
        assertThat(resident() - resident).as("growth in KiB").isLessThan(48 << 10);
      }
    }
  }

  private static void run(
      BertTrial trial, AdapterWeights weights, LiveAdapter live, int from, int to) {
    for (int step = from; step <= to; step++) {
      BertTrial.Batch batch = BertTrial.batch(step, 12, 5, 12, 20, 3 + step % 5);
      trial.learn(weights, live, batch, 0.1, step);
      try (NDManager scope = trial.base.manager().newSubManager()) {
        PackedBatch packed = trial.base.pack(scope, batch.sequences());
        assertThat(trial.base.infer(scope, packed, live).logits().getShape().get(0)).isEqualTo(5);
      }
    }
  }

  /** KiB, or 0 where the system does not tell. */
  private static long resident() throws IOException {
    if (!Files.exists(STATUS)) {
      return 0;
    }
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
