package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import dev.reslora.model.BertTrial.Batch;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BertBaseTest {

  @TempDir private static Path directory;
  private static final Map<BaseModel.Variant, BertTrial> TRIALS = new HashMap<>();

  private static final Batch BATCH = BertTrial.batch(5, 5, 3, 9, 3, 1);

  @BeforeAll
  static void open() throws IOException {
    Torch.useThreads(1);
    for (BaseModel.Variant variant : variants()) {
      TRIALS.put(
          variant,
          BertTrial.open(
              new RandomEncoder("bert", "gelu"),
              directory.resolve("" + TRIALS.size()),
              variant.cls(),
              variant.bfloat16()));
    }
  }

  @AfterAll
  static void close() {
    TRIALS.values().forEach(BertTrial::close);
    TRIALS.clear();
  }

  static List<BaseModel.Variant> variants() {
    List<BaseModel.Variant> variants = new ArrayList<>();
    for (boolean cls : new boolean[] {true, false}) {
      variants.add(new BaseModel.Variant(cls, false));
      variants.add(new BaseModel.Variant(cls, true));
    }
    return variants;
  }

  private static BertTrial trial(BaseModel.Variant variant) {
    BertTrial trial = TRIALS.get(variant);
    if (trial == null) {
      throw new IllegalArgumentException("not opened: " + variant);
    }
    return trial;
  }

  private static AdapterShape shape(BertTrial trial, Shortcut shortcut) {
    return trial.shape(
        new ResLoraConfig(
            4,
            8,
            shortcut,
            -1,
            0,
            List.of("query", "value", "intermediate.dense", "output.dense")));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void isTheFrozenModelBitForBitWhileBIsZero(BaseModel.Variant variant) {
    BertTrial trial = trial(variant);
    AdapterShape none = trial.shape(new ResLoraConfig(4, 8, Shortcut.NONE, -1, 0, List.of()));
    float[] head = trial.params(none);
    BertTrial.Answer frozen = trial.infer(none, head, BATCH);
    for (Shortcut shortcut : Shortcut.values()) {
      AdapterShape shape = shape(trial, shortcut);
      float[] params = trial.params(shape);
      Arrays.fill(params, shape.offsetB(0), shape.plan().size(), 0);
      System.arraycopy(head, 0, params, shape.plan().size(), head.length);
      BertTrial.Answer adapted = trial.infer(shape, params, BATCH);
      assertThat(adapted.pooled()).as(shortcut.label()).isEqualTo(frozen.pooled());
      assertThat(adapted.logits()).as(shortcut.label()).isEqualTo(frozen.logits());
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void theSameBatchGivesTheSameBits(BaseModel.Variant variant) {
    BertTrial trial = trial(variant);
    for (Shortcut shortcut : Shortcut.values()) {
      AdapterShape shape = shape(trial, shortcut);
      float[] params = trial.params(shape);
      BertTrial.Step first = trial.step(shape, params, BATCH, 0.2, 99);
      BertTrial.Step second = trial.step(shape, params, BATCH, 0.2, 99);
      assertThat(second.gradient()).isEqualTo(first.gradient());
      assertThat(second.outcome().losses()).isEqualTo(first.outcome().losses());
      BertTrial.Step other = trial.step(shape, params, BATCH, 0.2, 100);
      assertThat(other.gradient()).isNotEqualTo(first.gradient());
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void testsAndInfersWhatItTrains(BaseModel.Variant variant) {
    BertTrial trial = trial(variant);
    AdapterShape shape = shape(trial, Shortcut.MIDDLE);
    float[] params = trial.params(shape);
    BertTrial.Step trained = trial.step(shape, params, BATCH, 0, 0);
    BertTrial.Step tested = trial.test(shape, params, BATCH);
    assertThat(tested.outcome().losses()).isEqualTo(trained.outcome().losses());
    assertThat(tested.outcome().predictions()).isEqualTo(trained.outcome().predictions());
    assertThat(tested.gradient()).containsOnly(0);
    float[] logits = trial.infer(shape, params, BATCH).logits();
    int[] order = BATCH.order();
    for (int i = 0; i < order.length; i++) {
      float[] row = Arrays.copyOfRange(logits, i * BertTrial.LABELS, (i + 1) * BertTrial.LABELS);
      float best = row[trained.outcome().predictions()[order[i]]];
      for (float logit : row) {
        assertThat(logit).isLessThanOrEqualTo(best);
      }
    }
  }

  @Test
  void namesADeviceThatItDoesNotKnow() {
    assertThatThrownBy(() -> BaseModel.open(directory, "gpu", new BaseModel.Variant(true, false)))
        .isInstanceOf(ModelFileException.class);
    assertThatThrownBy(
            () -> BaseModel.open(directory.resolve("0"), "gpu", new BaseModel.Variant(true, false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device: expected cpu or cuda:N, found gpu");
  }

  /** Callers check before; should one not, nothing is read out of bounds and no array is left. */
  @Test
  void throwsOnIdsPositionsAndLabelsOutOfRange() {
    BertTrial trial = trial(new BaseModel.Variant(true, false));
    AdapterShape shape = shape(trial, Shortcut.NONE);
    float[] params = trial.params(shape);
    int before = trial.base.manager().getManagedArrays().size();
    int[] tooLong = new int[RandomEncoder.POSITIONS + 1];
    for (Batch bad :
        List.of(
            one(new int[] {RandomEncoder.VOCABULARY}, 0),
            one(new int[] {-1}, 0),
            one(tooLong, 0),
            one(new int[] {1, 2}, BertTrial.LABELS),
            one(new int[] {1, 2}, -1))) {
      assertThatThrownBy(() -> trial.step(shape, params, bad, 0, 0))
          .isInstanceOf(EngineException.class);
    }
    assertThat(trial.base.manager().getManagedArrays()).hasSize(before);
  }

  private static Batch one(int[] ids, int target) {
    return new Batch(
        List.of(new PackedBatch.Sequence(ids, new int[0])), new int[] {target}, new float[] {1});
  }
}
