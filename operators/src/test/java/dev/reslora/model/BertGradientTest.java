package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.model.BertTrial.Batch;
import dev.reslora.model.BertTrial.Step;
import dev.reslora.nn.Projection;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels' losses and gradients against autograd over the plain formulas, in float64. */
class BertGradientTest {

  /**
   * Errors allowed.
   *
   * @param loss of each sequence's loss, relative to 1 + loss
   * @param gradient of the whole gradient, relative to its norm
   * @param factor of each factor's, relative to its own norm, or 1 % of the whole's if that is more
   */
  private record Tolerance(double loss, double gradient, double factor) {}

  private static final Tolerance FLOAT32 = new Tolerance(1e-6, 1e-5, 1e-4);

  /** bfloat16 has 8 bits: every product is off by up to 0.4 %. */
  private static final Tolerance BFLOAT16 = new Tolerance(0.02, 0.05, 0.2);

  private static final int RANK = 4;
  private static final long SEED = 0x1234_5678_9abc_def0L;

  @TempDir private static Path directory;
  private static final Map<String, BertTrial> TRIALS = new HashMap<>();
  private static BertReference reference;

  @BeforeAll
  static void loadReference() {
    Torch.useThreads(1);
    reference = new BertReference();
  }

  @AfterAll
  static void closeAll() {
    TRIALS.values().forEach(BertTrial::close);
    TRIALS.clear();
    reference.close();
  }

  /** Choices of target modules. */
  private enum Targets {
    ALL_SIX("query", "key", "value", "intermediate.dense", "output.dense"),
    QUERY_AND_VALUE("query", "value"),
    OTHER_ONES_IN_EACH_LAYER(
        "encoder\\.layer\\.0\\.(attention\\.self\\.(key|value)|output\\.dense)",
        "encoder\\.layer\\.1\\.(attention\\.self\\.query|intermediate\\.dense)",
        "encoder\\.layer\\.2\\.attention\\.(self\\.value|output\\.dense)",
        "encoder\\.layer\\.3\\.(attention\\.self\\.(query|key)|output\\.dense)"),
    ATTENTION_OUTPUT("attention.output.dense"),
    LAST_QUERY("encoder.layer.3.attention.self.query"),
    LAST_OUTPUT("encoder.layer.3.output.dense"),
    FIRST_VALUE("encoder.layer.0.attention.self.value"),
    NONE;

    @SuppressWarnings("ImmutableEnumChecker") // what List.of makes does not change
    private final List<String> entries;

    Targets(String... entries) {
      this.entries = List.of(entries);
    }
  }

  private record Case(Shortcut shortcut, int preNum, Targets targets, boolean cls, int... lengths) {

    ResLoraConfig config() {
      return new ResLoraConfig(RANK, 6, shortcut, preNum, 0, targets.entries);
    }

    @Override
    public String toString() {
      return String.join(
          ", ",
          shortcut.label() + " " + preNum,
          targets.name(),
          cls ? "cls" : "mean",
          lengths.length + " sequences");
    }
  }

  private static final int[] MIXED = {5, 3, 5, 1};
  private static final int[] EQUAL = {4, 4};

  private static List<Case> cases(List<Targets> targets, int[]... batches) {
    List<Case> cases = new ArrayList<>();
    for (Shortcut shortcut : Shortcut.values()) {
      boolean windows = shortcut == Shortcut.BLOCK || shortcut == Shortcut.MIDDLE;
      for (int preNum : windows ? new int[] {1, 2, -1} : new int[] {-1}) {
        for (Targets each : targets) {
          for (int[] lengths : batches) {
            cases.add(new Case(shortcut, preNum, each, true, lengths));
            cases.add(new Case(shortcut, preNum, each, false, lengths));
          }
        }
      }
    }
    return cases;
  }

  static List<Case> chains() {
    return cases(
            List.of(Targets.ALL_SIX, Targets.QUERY_AND_VALUE, Targets.OTHER_ONES_IN_EACH_LAYER),
            MIXED,
            EQUAL)
        .stream()
        .filter(each -> each.preNum < 0 || each.lengths == MIXED)
        .toList();
  }

  static List<Case> few() {
    return cases(
            List.of(
                Targets.ATTENTION_OUTPUT,
                Targets.LAST_QUERY,
                Targets.LAST_OUTPUT,
                Targets.FIRST_VALUE,
                Targets.NONE),
            MIXED)
        .stream()
        .filter(each -> each.preNum < 0)
        .toList();
  }

  static List<Case> drops() {
    return cases(List.of(Targets.ALL_SIX, Targets.OTHER_ONES_IN_EACH_LAYER), MIXED);
  }

  static List<Case> allSix() {
    return cases(List.of(Targets.ALL_SIX), MIXED).stream()
        .filter(each -> each.shortcut == Shortcut.INPUT || each.shortcut == Shortcut.MIDDLE)
        .filter(each -> each.preNum < 0)
        .toList();
  }

  @ParameterizedTest
  @MethodSource({"chains", "few"})
  void equalsAutograd(Case each) throws IOException {
    BertTrial trial = trial("bert", "gelu", each.cls, false);
    BertReference.Answer answer = check(each, trial, 0, FLOAT32);
    check(each, trial("bert", "gelu", each.cls, true), 0, answer, BFLOAT16);
  }

  @ParameterizedTest
  @MethodSource("drops")
  void dropsTheSameElementsForwardAndBackward(Case each) throws IOException {
    BertTrial trial = trial("bert", "gelu", each.cls, false);
    BertReference.Answer answer = check(each, trial, 0.3, FLOAT32);
    check(each, trial("bert", "gelu", each.cls, true), 0.3, answer, BFLOAT16);
  }

  @ParameterizedTest
  @MethodSource("allSix")
  void knowsRobertaPositions(Case each) throws IOException {
    check(each, trial("roberta", "gelu", each.cls, false), 0, FLOAT32);
  }

  @ParameterizedTest
  @MethodSource("allSix")
  void knowsTheTanhApproximation(Case each) throws IOException {
    check(each, trial("bert", "gelu_new", each.cls, false), 0, FLOAT32);
  }

  @ParameterizedTest
  @MethodSource("allSix")
  void knowsRelu(Case each) throws IOException {
    check(each, trial("bert", "relu", each.cls, false), 0, FLOAT32);
  }

  @ParameterizedTest
  @MethodSource("allSix")
  void autogradEqualsCentralDifferences(Case each) throws IOException {
    BertTrial trial = trial("bert", "gelu", each.cls, false);
    AdapterShape shape = trial.shape(each.config());
    double[] params = exact(trial.params(shape));
    Batch batch = BertTrial.batch(5, each.lengths);
    double[] gradient =
        reference
            .gradients(new BertReference.Question(trial, shape, params, batch, List.of()))
            .gradient();
    double step = 1e-5;
    for (int i = 7; i < params.length; i += params.length / 9) {
      double[] moved = params.clone();
      moved[i] = params[i] + step;
      double above =
          reference.loss(new BertReference.Question(trial, shape, moved, batch, List.of()));
      moved[i] = params[i] - step;
      double below =
          reference.loss(new BertReference.Question(trial, shape, moved, batch, List.of()));
      assertThat((above - below) / (2 * step))
          .as("parameter %d", i)
          .isCloseTo(gradient[i], within(1e-8));
    }
  }

  @Test
  void addsToTheGradientsThatAreThere() throws IOException {
    BertTrial trial = trial("bert", "gelu", true, false);
    AdapterShape shape = trial.shape(allSix().get(0).config());
    float[] params = trial.params(shape);
    Batch batch = BertTrial.batch(5, MIXED);
    float[] once = trial.step(shape, params, batch, 0, 1).gradient();
    float[] twice = trial.steps(shape, params, batch, 2).gradient();
    for (int i = 0; i < once.length; i++) {
      assertThat(twice[i]).isEqualTo(2 * once[i]);
    }
  }

  private static BertTrial trial(String type, String activation, boolean cls, boolean bfloat16)
      throws IOException {
    String name = String.join("-", type, activation, cls ? "cls" : "mean", "" + bfloat16);
    BertTrial trial = TRIALS.get(name);
    if (trial == null) {
      RandomEncoder encoder = new RandomEncoder(type, activation);
      trial = BertTrial.open(encoder, directory.resolve(name), cls, bfloat16);
      TRIALS.put(name, trial);
    }
    return trial;
  }

  private static BertReference.Answer check(
      Case each, BertTrial trial, double dropout, Tolerance tolerance) {
    AdapterShape shape = trial.shape(each.config());
    Batch batch = BertTrial.batch(5, each.lengths);
    List<float[]> masks = dropout > 0 ? trial.masks(shape, batch, dropout, SEED) : List.of();
    BertReference.Answer answer =
        reference.gradients(
            new BertReference.Question(trial, shape, exact(trial.params(shape)), batch, masks));
    check(each, trial, dropout, answer, tolerance);
    return answer;
  }

  private static void check(
      Case each,
      BertTrial trial,
      double dropout,
      BertReference.Answer answer,
      Tolerance tolerance) {
    AdapterShape shape = trial.shape(each.config());
    float[] params = trial.params(shape);
    Batch batch = BertTrial.batch(5, each.lengths);
    Step step = trial.step(shape, params, batch, dropout, SEED);
    for (int i = 0; i < batch.order().length; i++) {
      double loss = step.outcome().losses()[batch.order()[i]];
      assertThat(loss)
          .as("loss of sequence %d", batch.order()[i])
          .isCloseTo(answer.losses()[i], within(tolerance.loss * (1 + answer.losses()[i])));
    }
    GradientError whole = new GradientError(step.gradient(), answer.gradient());
    assertThat(whole.error(0, params.length) / whole.norm(0, params.length))
        .as("gradient")
        .isLessThan(tolerance.gradient);
    List<Projection> targets = shape.plan().targets();
    for (int f = 0; f < targets.size(); f++) {
      int a = shape.offsetA(f);
      int b = shape.offsetB(f);
      String module = targets.get(f).module();
      assertThat(whole.share(a, a + RANK * targets.get(f).in()))
          .as("A of %s", module)
          .isLessThan(tolerance.factor);
      assertThat(whole.share(b, b + RANK * targets.get(f).out()))
          .as("B of %s", module)
          .isLessThan(tolerance.factor);
    }
  }

  private static double[] exact(float[] numbers) {
    return IntStream.range(0, numbers.length).mapToDouble(i -> numbers[i]).toArray();
  }
}
