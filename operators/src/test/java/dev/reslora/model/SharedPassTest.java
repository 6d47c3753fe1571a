package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel.Outcome;
import dev.reslora.model.BaseModel.Owners;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several adapters in one pass find and learn what each does alone. */
class SharedPassTest {

  /** Classes that each adapter knows. */
  private static final int[] LABELS = {5, 2, 3};

  /** Whose the sequences are, and how long. */
  private static final int[] OWNERS = {2, 0, 1, 0, 2, 2, 1};

  private static final int[] LENGTHS = {5, 3, 5, 9, 1, 7, 5};
  private static final int RANK = 4;

  @TempDir private static Path directory;
  private static final Map<String, BaseModel> BASES = new HashMap<>();

  @BeforeAll
  static void useOneThread() {
    Torch.useThreads(1);
  }

  @AfterAll
  static void closeAll() {
    BASES.values().forEach(BaseModel::close);
    BASES.clear();
  }

  private enum Family {
    BERT_MEAN,
    BERT_CLS,
    LLAMA,
    LLAMA_RECOMPUTED;

    boolean writes() {
      return this == LLAMA || this == LLAMA_RECOMPUTED;
    }
  }

  private record Case(Family family, Shortcut shortcut, int preNum, List<String> targets) {

    BaseModel base(boolean bfloat16) throws IOException {
      String name = family + " " + bfloat16;
      BaseModel open = BASES.get(name);
      if (open == null) {
        Path files = directory.resolve(name);
        open =
            BaseModel.open(
                family.writes()
                    ? RandomLlama.of("").write(files)
                    : new RandomEncoder("bert", "gelu").write(files),
                "cpu",
                new BaseModel.Variant(
                    family == Family.BERT_CLS, bfloat16, family == Family.LLAMA_RECOMPUTED));
        BASES.put(name, open);
      }
      return open;
    }

    AdapterShape shape(BaseModel base) {
      ResLoraConfig config = new ResLoraConfig(RANK, 6, shortcut, preNum, 0, targets);
      return AdapterShape.of(config, base.projections(), base.pooled());
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Family family : Family.values()) {
      List<List<String>> targets =
          family.writes()
              ? List.of(
                  List.of(
                      "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
                  List.of("q_proj", "v_proj"))
              : List.of(
                  List.of("query", "key", "value", "intermediate.dense", "output.dense"),
                  List.of("query", "value"));
      for (List<String> each : targets) {
        for (Shortcut shortcut : Shortcut.values()) {
          cases.add(new Case(family, shortcut, 1, each));
        }
        cases.add(new Case(family, Shortcut.BLOCK, 2, each));
        cases.add(new Case(family, Shortcut.MIDDLE, -1, each));
      }
    }
    return cases.stream();
  }

  /**
   * What came of sequences.
   *
   * @param gradients of each adapter, flat
   */
  private record Found(Outcome outcome, List<float[]> gradients) {}

  @ParameterizedTest
  @MethodSource("cases")
  void findsAndLearnsWhatEachDoesAlone(Case each) throws IOException {
    try (Trial trial = new Trial(each, false)) {
      compare(trial, trial.together(0, 0), 1e-6, 1e-5);
    }
    try (Trial trial = new Trial(each, true)) {
      compare(trial, trial.together(0, 0), 0.02, 0.05);
    }
  }

  private static void compare(Trial trial, Found together, double ofLoss, double ofGradient) {
    for (int k = 0; k < LABELS.length; k++) {
      Found alone = trial.alone(k);
      int[] own = own(k);
      for (int i = 0; i < own.length; i++) {
        float expected = alone.outcome.losses()[i];
        assertThat(together.outcome.losses()[own[i]])
            .as("loss %d of adapter %d", i, k)
            .isCloseTo(expected, within((float) (ofLoss * (1 + expected))));
        if (alone.outcome.predictions().length > 0 && ofLoss < 1e-3) {
          assertThat(together.outcome.predictions()[own[i]])
              .isEqualTo(alone.outcome.predictions()[i]);
          assertThat(together.outcome.confidences()[own[i]])
              .isCloseTo(alone.outcome.confidences()[i], within(1e-5f));
        }
      }
      float[] gradient = alone.gradients.get(0);
      double[] expected =
          IntStream.range(0, gradient.length).mapToDouble(i -> gradient[i]).toArray();
      GradientError error = new GradientError(together.gradients.get(k), expected);
      assertThat(error.norm(0, expected.length)).isGreaterThan(1e-3);
      assertThat(error.share(0, expected.length)).as("adapter %d", k).isLessThan(ofGradient);
    }
  }

  /** Bit for bit, with dropout too: what others know leaves no trace. */
  @ParameterizedTest
  @MethodSource("cases")
  void oneAdaptersGradientDoesNotDependOnTheOthersNumbers(Case each) throws IOException {
    try (Trial trial = new Trial(each, false)) {
      Found found = trial.together(0.3, 0);
      Found other = trial.together(0.3, 77);
      assertThat(other.gradients.get(0)).isEqualTo(found.gradients.get(0));
      assertThat(other.gradients.get(1)).isNotEqualTo(found.gradients.get(1));
    }
  }

  @Test
  void aHeadAloneLearnsToo() throws IOException {
    Case frozen = new Case(Family.BERT_MEAN, Shortcut.NONE, 1, List.of());
    try (Trial trial = new Trial(frozen, false)) {
      compare(trial, trial.together(0, 0), 1e-6, 1e-5);
    }
  }

  private static int[] own(int adapter) {
    return IntStream.range(0, OWNERS.length).filter(i -> OWNERS[i] == adapter).toArray();
  }

  /** Three adapters and a batch that they share. */
  private static final class Trial implements AutoCloseable {

    private final BaseModel base;
    private final AdapterShape shape;
    private final boolean writes;
    private final NDManager scope;
    private final Arguments arguments;
    private final List<PackedBatch.Sequence> sequences = new ArrayList<>();
    private final int[] targets = new int[OWNERS.length];
    private final float[] weights = new float[OWNERS.length];

    Trial(Case of, boolean bfloat16) throws IOException {
      this.base = of.base(bfloat16);
      this.shape = of.shape(base);
      this.writes = of.family.writes();
      this.scope = base.manager().newSubManager();
      this.arguments = shape.plan().arguments();
      Random random = new Random(5);
      for (int i = 0; i < OWNERS.length; i++) {
        int length = writes ? LENGTHS[i] + 1 : LENGTHS[i];
        int[] ids = random.ints(length, 0, 32).toArray();
        sequences.add(new PackedBatch.Sequence(ids, new int[0]));
        targets[i] = writes ? 1 : random.nextInt(LABELS[OWNERS[i]]);
        weights[i] = 0.1f + random.nextFloat();
      }
    }

    /**
     * @param change of the numbers of all but the first
     */
    Found together(double dropout, long change) {
      List<AdapterWeights> adapters = new ArrayList<>();
      for (int k = 0; k < LABELS.length; k++) {
        adapters.add(adapter(k, k == 0 ? 0 : change));
      }
      List<LiveAdapter> live = adapters.stream().map(each -> each.live(arguments)).toList();
      Outcome outcome =
          base.trainTogether(
              base.packForTraining(scope, sequences),
              new Owners(live, OWNERS),
              targets,
              weights,
              dropout,
              9);
      return found(outcome, adapters);
    }

    Found alone(int k) {
      int[] own = own(k);
      float[] ownWeights = new float[own.length];
      for (int i = 0; i < own.length; i++) {
        ownWeights[i] = weights[own[i]];
      }
      AdapterWeights adapter = adapter(k, 0);
      Outcome outcome =
          base.train(
              base.packForTraining(scope, IntStream.of(own).mapToObj(sequences::get).toList()),
              adapter.live(arguments),
              IntStream.of(own).map(i -> targets[i]).toArray(),
              ownWeights,
              0,
              9);
      return found(outcome, List.of(adapter));
    }

    private static Found found(Outcome outcome, List<AdapterWeights> adapters) {
      List<float[]> gradients = adapters.stream().map(each -> Torch.floats(each.grads())).toList();
      adapters.forEach(AdapterWeights::close);
      return new Found(outcome, gradients);
    }

    private AdapterWeights adapter(int k, long change) {
      int labels = writes ? 0 : LABELS[k];
      int hidden = base.config().hidden();
      Random random = new Random(3 + k + change);
      float[] params = new float[AdapterWeights.size(shape, hidden, labels)];
      for (int i = 0; i < params.length; i++) {
        params[i] = (float) (0.15 * random.nextGaussian());
      }
      return AdapterWeights.of(scope, shape, hidden, labels, AdapterWeights.Numbers.fresh(params));
    }

    @Override
    public void close() {
      arguments.close();
      scope.close();
    }
  }
}
