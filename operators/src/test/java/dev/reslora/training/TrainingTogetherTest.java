package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.PackedBatch;
import dev.reslora.reslora.AdapterWeights.Numbers;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters that share passes learn what they learn alone, but for rounding. */
class TrainingTogetherTest {

  private static final int ADAPTERS = 3;
  private static final int BATCH = 4;
  private static final int STEPS = 12;

  /** Without dropout, whose masks go by rows of the pass. */
  private static TrainerConfig config(Shortcut shortcut, int together) {
    return TrainerConfigs.with(
            new ResLoraConfig(4, 8, shortcut, 2, 0, List.of("query", "value", "output.dense")),
            TrainerConfigs.training(BATCH, 1, 1e-2))
        .together(together);
  }

  @ParameterizedTest
  @EnumSource(Shortcut.class)
  void learnsWhatEachLearnsAlone(Shortcut shortcut) {
    List<List<StepReport>> together = together(shortcut);
    List<List<StepReport>> alone = alone(shortcut);
    for (int k = 0; k < ADAPTERS; k++) {
      assertThat(together.get(k)).hasSameSizeAs(alone.get(k)).hasSize(STEPS);
      for (int i = 0; i < STEPS; i++) {
        StepReport found = together.get(k).get(i);
        StepReport expected = alone.get(k).get(i);
        assertThat(found.getOffsets()).isEqualTo(expected.getOffsets());
        assertThat(found.getLoss()).isCloseTo(expected.getLoss(), within(1e-4));
        assertThat(found.getGradientNorm()).isCloseTo(expected.getGradientNorm(), within(1e-3));
        assertThat(found.getLabels()).isEqualTo(expected.getLabels());
      }
    }
  }

  private static List<List<StepReport>> together(Shortcut shortcut) {
    List<List<StepReport>> reports = new ArrayList<>();
    try (Trainer trainer = Trainer.open(config(shortcut, ADAPTERS))) {
      List<AdapterTraining> adapters = new ArrayList<>();
      for (int k = 0; k < ADAPTERS; k++) {
        adapters.add(trainer.create("adapter-" + k));
        reports.add(new ArrayList<>());
      }
      for (int step = 0; step < STEPS; step++) {
        for (int k = 0; k < ADAPTERS; k++) {
          for (TokenizedExample example : batch(k, step)) {
            assertThat(adapters.get(k).dueTokens()).isZero();
            assertThat(adapters.get(k).offer(example)).isEmpty();
          }
          assertThat(adapters.get(k).dueTokens()).isEqualTo(tokens(batch(k, step)));
        }
        List<List<TrainingEvent>> events = AdapterTraining.trainTogether(adapters);
        for (int k = 0; k < ADAPTERS; k++) {
          reports.get(k).addAll(reports(events.get(k)));
        }
      }
      adapters.forEach(AdapterTraining::close);
    }
    return reports;
  }

  private static List<List<StepReport>> alone(Shortcut shortcut) {
    List<List<StepReport>> reports = new ArrayList<>();
    try (Trainer trainer = Trainer.open(config(shortcut, 1))) {
      for (int k = 0; k < ADAPTERS; k++) {
        List<StepReport> own = new ArrayList<>();
        try (AdapterTraining adapter = trainer.create("adapter-" + k)) {
          for (int step = 0; step < STEPS; step++) {
            for (TokenizedExample example : batch(k, step)) {
              own.addAll(reports(adapter.offer(example)));
            }
          }
        }
        reports.add(own);
      }
    }
    return reports;
  }

  /** Of two labels, and of three. */
  private static List<TokenizedExample> batch(int adapter, int step) {
    return TrainerConfigs.examples(ADAPTERS * STEPS * BATCH).stream()
        .skip((long) (step * ADAPTERS + adapter) * BATCH)
        .limit(BATCH)
        .map(
            example ->
                TrainerConfigs.example(
                    (int) example.offset(),
                    example.tokens(),
                    "label-" + Math.min(adapter + 1, (example.tokens()[0] - 10) / 10)))
        .toList();
  }

  private static long tokens(List<TokenizedExample> examples) {
    return examples.stream().mapToLong(example -> example.tokens().length).sum();
  }

  private static List<StepReport> reports(List<TrainingEvent> events) {
    return events.stream()
        .filter(TrainingEvent.Stepped.class::isInstance)
        .map(event -> ((TrainingEvent.Stepped) event).report())
        .toList();
  }

  /** An evicted adapter's full batch, say, is trained when the adapter is next wanted. */
  @Test
  void trainsAFullBatchAloneBeforeItTakesMore() {
    try (Trainer trainer = Trainer.open(config(Shortcut.BLOCK, ADAPTERS));
        AdapterTraining adapter = trainer.create("a")) {
      batch(0, 0).forEach(adapter::offer);
      try (AdapterTraining restored = trainer.restore("a", adapter.checkpoint())) {
        assertThat(restored.dueTokens()).isPositive();
        assertThat(reports(restored.offer(batch(0, 1).get(0)))).hasSize(1);
        assertThat(restored.dueTokens()).isZero();
      }
    }
  }

  /** In one pass its numbers would spread to the others: each is taken alone instead. */
  @Test
  void keepsWhatIsNotFiniteFromTheOthers() {
    try (Trainer trainer = Trainer.open(config(Shortcut.BLOCK, ADAPTERS));
        NDManager scope = trainer.base().manager().newSubManager();
        Learner sound = trainer.learner(1);
        Learner broken = trainer.learner(2);
        Learner twin = trainer.learner(1)) {
      Numbers numbers = broken.weights().read();
      float[] params = numbers.params().clone();
      Arrays.fill(params, 1e30f);
      broken.weights().become(0, Numbers.fresh(params));
      List<Learner> learners = List.of(broken, sound);
      learners.forEach(learner -> learner.growTo(2));
      twin.growTo(2);
      Learner.Batch batch = packed(trainer, scope);

      List<Portions.Taken> taken =
          Learner.gradients(learners, List.of(batch, batch), List.of(5L, 6L));

      assertThat(broken.learn(batch, taken.get(0), 5).finite()).isFalse();
      assertThat(sound.learn(batch, taken.get(1), 6).finite()).isTrue();
      twin.learn(batch, 6);
      assertThat(sound.weights().copyParams()).isEqualTo(twin.weights().copyParams());
    }
  }

  private static Learner.Batch packed(Trainer trainer, NDManager scope) {
    List<PackedBatch.Sequence> sequences =
        batch(1, 0).stream()
            .map(example -> new PackedBatch.Sequence(example.tokens(), new int[0]))
            .toList();
    float[] weights = new float[BATCH];
    Arrays.fill(weights, 1f / BATCH);
    int[] targets = IntStream.range(0, BATCH).map(i -> i % 2).toArray();
    return new Learner.Batch(trainer.base().packForTraining(scope, sequences), targets, weights);
  }

  @Test
  void refusesTeachers() {
    ForgettingConfig off = ForgettingConfig.OFF;
    ForgettingConfig distilled =
        new ForgettingConfig(0, 0, off.anchor(), 0, off.ewcDecay(), off.ewcAt(), 0.5, off.klTo());
    GuardConfig guards = GuardConfig.OFF;
    TrainerConfig taught =
        config(Shortcut.BLOCK, 1)
            .guarded(
                new GuardConfig(
                    guards.fadingFactor(),
                    guards.window(),
                    guards.admission(),
                    guards.drift(),
                    guards.replay(),
                    guards.gate(),
                    distilled,
                    guards.labels()));
    assertThatThrownBy(() -> taught.together(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("training.together")
        .hasMessageContaining("found 2");
  }
}
