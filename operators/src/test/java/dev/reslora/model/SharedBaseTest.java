package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedBaseTest {

  private static final int STEPS = 25;

  @TempDir private Path directory;

  /** One adapter a shortcut, each on a thread of its own, all at once on one base. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fourThreadsTrainAsOneDoes(boolean bfloat16) throws Exception {
    Torch.useThreads(1);
    RandomEncoder encoder = new RandomEncoder("bert", "gelu");
    try (BertTrial trial = BertTrial.open(encoder, directory, true, bfloat16)) {
      Map<Shortcut, AdapterWeights.Numbers> together = together(trial);
      for (Shortcut shortcut : Shortcut.values()) {
        assertThat(together.get(shortcut))
            .as(shortcut.label())
            .usingRecursiveComparison()
            .isEqualTo(trained(trial, shortcut));
      }
    }
  }

  private static Map<Shortcut, AdapterWeights.Numbers> together(BertTrial trial) throws Exception {
    Shortcut[] shortcuts = Shortcut.values();
    CyclicBarrier start = new CyclicBarrier(shortcuts.length);
    ExecutorService threads = Executors.newFixedThreadPool(shortcuts.length);
    try {
      Map<Shortcut, Future<AdapterWeights.Numbers>> running = new EnumMap<>(Shortcut.class);
      for (Shortcut shortcut : shortcuts) {
        running.put(
            shortcut,
            threads.submit(
                () -> {
                  Torch.useThreads(1);
                  start.await();
                  return trained(trial, shortcut);
                }));
      }
      Map<Shortcut, AdapterWeights.Numbers> together = new EnumMap<>(Shortcut.class);
      for (Map.Entry<Shortcut, Future<AdapterWeights.Numbers>> each : running.entrySet()) {
        together.put(each.getKey(), each.getValue().get());
      }
      return together;
    } finally {
      threads.shutdownNow();
    }
  }

  private static AdapterWeights.Numbers trained(BertTrial trial, Shortcut shortcut) {
    AdapterShape shape =
        trial.shape(
            new ResLoraConfig(4, 8, shortcut, 2, 0.1, List.of("query", "value", "output.dense")));
    try (AdapterWeights weights = trial.adapter(shape, trial.params(shape));
        Arguments arguments = shape.plan().arguments()) {
      LiveAdapter live = weights.live(arguments);
      for (int step = 1; step <= STEPS; step++) {
        trial.learn(weights, live, BertTrial.batch(step, 7, 3, 7, 12), 0.1, step);
      }
      return weights.read();
    }
  }
}
