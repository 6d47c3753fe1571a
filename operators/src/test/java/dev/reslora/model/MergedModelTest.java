package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.model.BertTrial.Batch;
import dev.reslora.nn.Arguments;
import dev.reslora.nn.Torch;
import dev.reslora.reslora.Activations;
import dev.reslora.reslora.AdapterShape;
import dev.reslora.reslora.AdapterWeights;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.MergeError;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.reslora.Merger;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The base model with merged weights against the adapted one. */
class MergedModelTest {

  @TempDir private Path directory;

  @BeforeAll
  static void oneThread() {
    Torch.useThreads(1);
  }

  @ParameterizedTest
  @CsvSource({"NONE, true", "NONE, false", "BLOCK, true", "BLOCK, false"})
  void anExactMergeAnswersAsTheAdapter(Shortcut shortcut, boolean cls) throws IOException {
    List<String> targets = List.of("query", "key", "value", "intermediate.dense", "output.dense");
    try (BertTrial trial = BertTrial.open(encoder(), directory.resolve("base"), cls, false)) {
      AdapterShape shape = trial.shape(new ResLoraConfig(4, 8, shortcut, -1, 0, targets));
      float[] params = trial.params(shape);
      List<MergedFactor> merged = merger(trial, shape).merge(shape, params, Merge.EXACT, null);
      Batch batch = BertTrial.batch(8, 9, 4, 4, 7, 2);
      assertThat(distance(trial, shape, params, merged, batch)).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"INPUT, true", "INPUT, false", "MIDDLE, true", "MIDDLE, false"})
  void leastSquaresMissesLessThanTheNorms(Shortcut shortcut, boolean cls) throws IOException {
    try (BertTrial trial = BertTrial.open(encoder(), directory.resolve("base"), cls, false)) {
      AdapterShape shape =
          trial.shape(new ResLoraConfig(4, 8, shortcut, 2, 0, List.of("query", "value")));
      float[] params = trial.params(shape);
      Batch unseen = BertTrial.batch(1000, lengths());
      try (Activations recent = recent(trial, shape, params)) {
        Merger merger = merger(trial, shape);
        List<MergedFactor> best = merger.merge(shape, params, Merge.LEAST_SQUARES, recent);
        double missed = missed(trial, shape, params, best, unseen);
        double distance = distance(trial, shape, params, best, unseen);
        assertThat(missed).isBetween(1e-4, 0.6);
        for (Merge norm : List.of(Merge.INPUT_NORM, Merge.WEIGHT_NORM)) {
          List<MergedFactor> other = merger.merge(shape, params, norm, recent);
          assertThat(missed(trial, shape, params, other, unseen))
              .as(norm.label())
              .isGreaterThan(1.2 * missed);
          assertThat(distance(trial, shape, params, other, unseen))
              .as(norm.label())
              .isGreaterThan(1.2 * distance);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void truncatingKeepsTheRankAndWhatTheInputsMakeMostOf(boolean cls) throws IOException {
    try (BertTrial trial = BertTrial.open(encoder(), directory.resolve("base"), cls, false)) {
      AdapterShape shape =
          trial.shape(new ResLoraConfig(4, 8, Shortcut.BLOCK, -1, 0, List.of("query", "value")));
      float[] params = trial.params(shape);
      Batch unseen = BertTrial.batch(1000, lengths());
      try (Activations recent = recent(trial, shape, params)) {
        Merger merger = merger(trial, shape);
        List<MergedFactor> exact = merger.merge(shape, params, Merge.EXACT, null);
        List<MergedFactor> best = merger.merge(shape, params, Merge.TRUNCATED, recent);
        assertThat(exact).anyMatch(factor -> factor.rank() > 4);
        assertThat(best).allMatch(factor -> factor.rank() == 4);
        double missed = missed(trial, shape, params, best, unseen);
        assertThat(missed).isBetween(1e-4, 0.9);
        assertThat(missed(trial, shape, params, firstRanks(exact, 4), unseen))
            .isGreaterThan(1.2 * missed);
      }
    }
  }

  /** The factors cut to their first rows and columns: the layer's own block alone. */
  private static List<MergedFactor> firstRanks(List<MergedFactor> factors, int rank) {
    return factors.stream()
        .map(
            factor -> {
              float[] b = new float[factor.out() * rank];
              for (int row = 0; row < factor.out(); row++) {
                System.arraycopy(factor.b(), row * factor.rank(), b, row * rank, rank);
              }
              float[] a = Arrays.copyOf(factor.a(), rank * factor.in());
              return new MergedFactor(factor.module(), rank, factor.in(), factor.out(), a, b);
            })
        .toList();
  }

  /**
   * Small sublayers beside the residual: neighbouring layers read much the same, as real ones do.
   */
  private static RandomEncoder encoder() {
    RandomEncoder encoder = new RandomEncoder("bert", "gelu");
    encoder.tensors.forEach(
        (name, numbers) -> {
          if (name.endsWith("output.dense.weight")) {
            for (int i = 0; i < numbers.length; i++) {
              numbers[i] *= 0.5f;
            }
          }
        });
    return encoder;
  }

  private static Merger merger(BertTrial trial, AdapterShape shape) {
    return new Merger(
        trial.base.kernel(),
        trial.base.manager(),
        f -> {
          try {
            return trial.base.weight(shape.plan().targets().get(f));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Activations.RIDGE);
  }

  private static int[] lengths() {
    int[] lengths = new int[24];
    Arrays.setAll(lengths, i -> 3 + i % 9);
    return lengths;
  }

  private static Activations recent(BertTrial trial, AdapterShape shape, float[] params) {
    try (AdapterWeights weights = trial.adapter(shape, params)) {
      Activations recent =
          new Activations(
              trial.base.kernel(),
              trial.base.manager(),
              shape,
              weights.copyA(trial.base.manager()),
              Activations.WINDOW);
      for (int seed = 0; seed < 6; seed++) {
        pass(trial, shape, params, BertTrial.batch(seed, lengths()), recent::add);
      }
      return recent;
    }
  }

  private interface Inputs {
    void take(List<NDArray> inputs, NDArray rows);
  }

  private static void pass(
      BertTrial trial, AdapterShape shape, float[] params, Batch batch, Inputs inputs) {
    try (NDManager scope = trial.base.manager().newSubManager();
        Arguments arguments = shape.plan().arguments();
        AdapterWeights weights = trial.adapter(shape, params)) {
      PackedBatch packed = trial.base.pack(scope, batch.sequences());
      inputs.take(trial.base.infer(scope, packed, weights.live(arguments)).inputs(), packed.rows());
    }
  }

  /** The mean over factors of ||x dW^T - D|| / ||D||. */
  private static double missed(
      BertTrial trial, AdapterShape shape, float[] params, List<MergedFactor> merged, Batch batch) {
    try (NDManager scope = trial.base.manager().newSubManager();
        AdapterWeights weights = trial.adapter(shape, params)) {
      MergeError error =
          new MergeError(
              trial.base.kernel(),
              scope,
              shape,
              weights.copyA(scope),
              weights.copyB(scope),
              merged);
      pass(trial, shape, params, batch, error::add);
      return Arrays.stream(error.errors()).average().orElseThrow();
    }
  }

  /** The largest difference of a logit between the merged and the adapted model. */
  private double distance(
      BertTrial trial, AdapterShape shape, float[] params, List<MergedFactor> merged, Batch batch)
      throws IOException {
    RandomEncoder dense = encoder();
    for (MergedFactor factor : merged) {
      float[] weight = dense.tensor(factor.module() + ".weight");
      float[] delta = factor.deltaW();
      for (int i = 0; i < delta.length; i++) {
        weight[i] += delta[i];
      }
    }
    try (BertTrial plain = BertTrial.open(dense, directory.resolve("merged"), trial.cls, false)) {
      AdapterShape none = plain.shape(new ResLoraConfig(4, 8, Shortcut.NONE, -1, 0, List.of()));
      float[] head = Arrays.copyOfRange(params, shape.plan().size(), params.length);
      float[] expected = trial.infer(shape, params, batch).logits();
      float[] found = plain.infer(none, head, batch).logits();
      double most = 0;
      for (int i = 0; i < expected.length; i++) {
        most = Math.max(most, Math.abs(found[i] - expected[i]));
      }
      return most;
    }
  }
}
