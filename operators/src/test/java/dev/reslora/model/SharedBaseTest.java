package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Engine;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.reslora.AdamW;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    Engine.useThreads(1);
    RandomEncoder encoder = new RandomEncoder("bert", "gelu");
    try (BertTrial trial = BertTrial.open(encoder, directory, true, bfloat16)) {
      List<AdapterWeights.Numbers> alone = new ArrayList<>();
      for (Shortcut shortcut : Shortcut.values()) {
        alone.add(trained(trial, shortcut));
      }
      List<AdapterWeights.Numbers> together = together(trial);
      for (int i = 0; i < alone.size(); i++) {
        String shortcut = Shortcut.values()[i].label();
        assertThat(together.get(i).params()).as(shortcut).isEqualTo(alone.get(i).params());
        assertThat(together.get(i).firstMoment()).isEqualTo(alone.get(i).firstMoment());
        assertThat(together.get(i).secondMoment()).isEqualTo(alone.get(i).secondMoment());
      }
    }
  }

  private static List<AdapterWeights.Numbers> together(BertTrial trial) throws Exception {
    Shortcut[] shortcuts = Shortcut.values();
    CyclicBarrier start = new CyclicBarrier(shortcuts.length);
    ExecutorService threads = Executors.newFixedThreadPool(shortcuts.length);
    try {
      List<Future<AdapterWeights.Numbers>> running = new ArrayList<>();
      for (Shortcut shortcut : shortcuts) {
        running.add(
            threads.submit(
                () -> {
                  Engine.useThreads(1);
                  start.await();
                  return trained(trial, shortcut);
                }));
      }
      List<AdapterWeights.Numbers> together = new ArrayList<>();
      for (Future<AdapterWeights.Numbers> each : running) {
        together.add(each.get());
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
    AdamW adam = new AdamW(0.9, 0.999, 1e-8, 0.01, 1);
    AdamW.Rates rates = new AdamW.Rates(1e-2, 1e-2);
    try (AdapterWeights weights = trial.adapter(shape, trial.params(shape));
        Arguments arguments = shape.plan().arguments()) {
      LiveAdapter live = weights.live(arguments);
      for (int step = 1; step <= STEPS; step++) {
        BertTrial.Batch batch = BertTrial.batch(step, 7, 3, 7, 12);
        try (NDManager scope = trial.base.manager().newSubManager()) {
          PackedBatch packed = trial.base.pack(scope, batch.sequences());
          trial.base.train(packed, live, batch.targets(), batch.weights(), 0.1, step);
          adam.step(trial.base.kernel(), weights, rates, step, 1);
        }
      }
      return weights.read();
    }
  }
}
