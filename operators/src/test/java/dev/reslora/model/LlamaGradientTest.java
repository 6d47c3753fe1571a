package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.model.LlamaTrial.Batch;
import dev.reslora.model.LlamaTrial.Step;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels' losses and gradients against autograd over the plain formulas, in float64. */
class LlamaGradientTest {

  private static final int RANK = 3;
  private static final long SEED = 0x1234_5678_9abc_def0L;
  private static final int[] MIXED = {6, 3, 6, 9};

  @TempDir private static Path directory;
  private static final Map<String, LlamaTrial> TRIALS = new HashMap<>();
  private static LlamaReference reference;

  @BeforeAll
  static void loadReference() {
    Torch.useThreads(1);
    reference = new LlamaReference();
  }

  @AfterAll
  static void closeAll() {
    TRIALS.values().forEach(LlamaTrial::close);
    TRIALS.clear();
    reference.close();
  }

  /** The family's variants. */
  private enum Variant {
    LLAMA(""),
    TIED_WITHOUT_SHARED_HEADS("\"tie_word_embeddings\": true, \"num_key_value_heads\": 4"),
    ONE_KEY_VALUE_HEAD("\"num_key_value_heads\": 1, \"attention_bias\": true, \"mlp_bias\": true"),
    QWEN2("\"model_type\": \"qwen2\", \"head_dim\": 6"),
    QWEN3("\"model_type\": \"qwen3\", \"head_dim\": 8");

    private final String fields;

    Variant(String fields) {
      this.fields = fields;
    }
  }

  /** Choices of target modules. */
  private enum Targets {
    ALL_SEVEN("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    QUERY_AND_VALUE("q_proj", "v_proj"),
    OTHER_ONES_IN_EACH_LAYER(
        "model\\.layers\\.0\\.(self_attn\\.(k|v)|mlp\\.down)_proj",
        "model\\.layers\\.1\\.(self_attn\\.q|mlp\\.gate)_proj",
        "model\\.layers\\.2\\.(self_attn\\.(v|o)|mlp\\.up)_proj",
        "model\\.layers\\.3\\.(self_attn\\.(q|o)|mlp\\.gate)_proj"),
    LAST_DOWN("model.layers.3.mlp.down_proj"),
    SECOND_OUTPUT("model.layers.1.self_attn.o_proj"),
    FIRST_VALUE("model.layers.0.self_attn.v_proj");

    @SuppressWarnings("ImmutableEnumChecker") // what List.of makes does not change
    private final List<String> entries;

    Targets(String... entries) {
      this.entries = List.of(entries);
    }
  }

  private record Case(Shortcut shortcut, int preNum, Targets targets) {

    ResLoraConfig config() {
      return new ResLoraConfig(RANK, 6, shortcut, preNum, 0, targets.entries);
    }
  }

  private static List<Case> cases(List<Targets> targets, int... preNums) {
    List<Case> cases = new ArrayList<>();
    for (Shortcut shortcut : Shortcut.values()) {
      boolean windows = shortcut == Shortcut.BLOCK || shortcut == Shortcut.MIDDLE;
      for (int preNum : windows ? preNums : new int[] {-1}) {
        targets.forEach(each -> cases.add(new Case(shortcut, preNum, each)));
      }
    }
    return cases;
  }

  static List<Case> chains() {
    return cases(
        List.of(Targets.ALL_SEVEN, Targets.QUERY_AND_VALUE, Targets.OTHER_ONES_IN_EACH_LAYER),
        1,
        -1);
  }

  static List<Case> few() {
    return cases(List.of(Targets.LAST_DOWN, Targets.SECOND_OUTPUT, Targets.FIRST_VALUE), -1);
  }

  @ParameterizedTest
  @MethodSource({"chains", "few"})
  void equalsAutograd(Case each) throws IOException {
    check(each, Variant.LLAMA, 0);
  }

  static List<Case> drops() {
    return cases(List.of(Targets.ALL_SEVEN, Targets.OTHER_ONES_IN_EACH_LAYER), -1);
  }

  @ParameterizedTest
  @MethodSource("drops")
  void dropsTheSameElementsForwardAndBackward(Case each) throws IOException {
    check(each, Variant.LLAMA, 0.3);
  }

  @ParameterizedTest
  @EnumSource
  void knowsTheFamily(Variant variant) throws IOException {
    for (Shortcut shortcut : List.of(Shortcut.INPUT, Shortcut.MIDDLE)) {
      check(new Case(shortcut, -1, Targets.ALL_SEVEN), variant, 0);
    }
  }

  /** Activations made again are the same bits, dropout and other layers' inputs included. */
  @ParameterizedTest
  @MethodSource("drops")
  void recomputeChangesNoBit(Case each) throws IOException {
    for (Variant variant : List.of(Variant.LLAMA, Variant.QWEN3)) {
      LlamaTrial kept = trial(variant, false, false);
      LlamaTrial again = trial(variant, false, true);
      AdapterShape shape = kept.shape(each.config());
      float[] params = kept.params(shape);
      Batch batch = kept.batch(5, MIXED);
      Step expected = kept.step(shape, params, batch, 0.3, SEED);
      Step found = again.step(shape, params, batch, 0.3, SEED);
      assertThat(found.outcome().losses()).isEqualTo(expected.outcome().losses());
      assertThat(found.gradient()).isEqualTo(expected.gradient());
    }
  }

  /** Also the way without fused attention, which GPUs take. */
  @ParameterizedTest
  @EnumSource
  void isNearInBfloat16(Shortcut shortcut) throws IOException {
    LlamaTrial trial = trial(Variant.LLAMA, true, false);
    Case each = new Case(shortcut, -1, Targets.ALL_SEVEN);
    AdapterShape shape = trial.shape(each.config());
    float[] params = trial.params(shape);
    Batch batch = trial.batch(5, MIXED);
    LlamaReference.Answer answer =
        reference.gradients(new LlamaReference.Question(trial, shape, params, batch, List.of()));
    GradientError error =
        new GradientError(trial.step(shape, params, batch, 0, SEED).gradient(), answer.gradient());
    assertThat(error.error(0, params.length) / error.norm(0, params.length)).isLessThan(0.1);
  }

  private static LlamaTrial trial(Variant variant, boolean bfloat16, boolean recompute)
      throws IOException {
    String name = String.join("-", variant.name(), "" + bfloat16, "" + recompute);
    LlamaTrial trial = TRIALS.get(name);
    if (trial == null) {
      RandomLlama model = RandomLlama.of(variant.fields);
      trial = LlamaTrial.open(model, directory.resolve(name), bfloat16, recompute);
      TRIALS.put(name, trial);
    }
    return trial;
  }

  private static void check(Case each, Variant variant, double dropout) throws IOException {
    LlamaTrial trial = trial(variant, false, false);
    AdapterShape shape = trial.shape(each.config());
    float[] params = trial.params(shape);
    Batch batch = trial.batch(5, MIXED);
    List<float[]> masks = dropout > 0 ? trial.masks(shape, batch, dropout, SEED) : List.of();
    LlamaReference.Answer answer =
        reference.gradients(new LlamaReference.Question(trial, shape, params, batch, masks));
    Step step = trial.step(shape, params, batch, dropout, SEED);
    for (int i = 0; i < MIXED.length; i++) {
      assertThat((double) step.outcome().losses()[i])
          .as("loss of sequence %d", i)
          .isCloseTo(answer.losses()[i], within(1e-5 * (1 + answer.losses()[i])));
    }
    if (dropout == 0) {
      assertThat(trial.test(shape, params, batch).outcome().losses())
          .isEqualTo(step.outcome().losses());
    }
    GradientError whole = new GradientError(step.gradient(), answer.gradient());
    assertThat(whole.error(0, params.length) / whole.norm(0, params.length))
        .as("gradient")
        .isLessThan(2e-5);
    List<Projection> targets = shape.plan().targets();
    for (int f = 0; f < targets.size(); f++) {
      int a = shape.offsetA(f);
      int b = shape.offsetB(f);
      String module = targets.get(f).module();
      assertThat(whole.share(a, a + RANK * targets.get(f).in()))
          .as("A of %s", module)
          .isLessThan(1e-4);
      assertThat(whole.share(b, b + RANK * targets.get(f).out()))
          .as("B of %s", module)
          .isLessThan(1e-4);
    }
  }
}
