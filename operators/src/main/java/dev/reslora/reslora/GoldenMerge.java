package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.reslora.nn.AdapterPlan;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A golden merge case: what the merges make of five calibration batches. */
final class GoldenMerge {

  private final GoldenCase golden;
  private final Kernel kernel;
  private final NDManager scope;
  private final GoldenScore score;
  private final AdapterShape shape;
  private final Factors factors;
  private final StackModel model;
  private final List<NDArray> a;
  private final List<NDArray> b;
  private int tokens;

  GoldenMerge(GoldenCase golden, Kernel kernel, NDManager scope, GoldenScore score) {
    this.golden = golden;
    this.kernel = kernel;
    this.scope = scope;
    this.score = score;
    this.shape = golden.shape();
    this.factors = new Factors(shape, GoldenCases.flat(golden));
    this.model = golden.model(kernel, scope);
    this.a = golden.tensors(scope, "A.", golden.layers());
    this.b = golden.tensors(scope, "B.", golden.layers());
  }

  void run() {
    JsonNode ridge = golden.json().path("ridge");
    Merger merger = new Merger(kernel, scope, n -> golden.numbers("W." + n), ridge.asDouble());
    int window = golden.json().path("window").asInt(Activations.WINDOW);
    try (Activations activations = new Activations(kernel, scope, shape, a, window)) {
      calibrate(activations);
      StackModel.Pass pass =
          model.forward(scope, golden.rows(scope, "X"), a, b, shape.plan(), List.of());
      score.check("y", Torch.floats(pass.output()));
      if (golden.shortcut() == Shortcut.BLOCK) {
        exact(merger, activations, pass);
      } else {
        moments(activations);
        ratios(merger, activations);
        for (Merge merge : Merge.values()) {
          if (merge != Merge.AUTO && merge.folds(golden.shortcut())) {
            check(merger, merge, activations, pass);
          }
        }
      }
    }
  }

  private void calibrate(Activations activations) {
    int layers = golden.layers();
    List<double[]> input = new ArrayList<>();
    List<double[]> middle = new ArrayList<>();
    for (int k = 0; golden.has("calib." + k); k++) {
      NDArray x = golden.rows(scope, "calib." + k);
      tokens += (int) x.getShape().get(0);
      StackModel.Pass pass = model.forward(scope, x, a, b, shape.plan(), List.of());
      activations.add(pass.x(), x);
      double[] inputs = new double[layers];
      double[] middles = new double[layers];
      for (int n = 0; n < layers; n++) {
        inputs[n] = kernel.call("norm").tensor(pass.x().get(n)).real();
        middles[n] = kernel.call("product_norm").tensor(pass.x().get(n)).tensor(a.get(n)).real();
      }
      input.add(inputs);
      middle.add(middles);
    }
    score.check("inputNorms", input.stream().flatMapToDouble(Arrays::stream).toArray());
    score.check("middleNorms", middle.stream().flatMapToDouble(Arrays::stream).toArray());
  }

  private void moments(Activations activations) {
    double[] input = new double[golden.layers()];
    double[] middle = new double[golden.layers()];
    for (int n = 0; n < golden.layers(); n++) {
      input[n] = activations.inputNorm(n);
      middle[n] = activations.middleNorm(n);
      score.check("S." + n, mean(activations.secondMoment(n)));
      int[] window = factors.window(n);
      for (int k = 1; k < window.length; k++) {
        score.check("C." + window[k] + "." + n, mean(activations.crossMoment(window[k], n)));
      }
    }
    score.check("windowMeanInput", input);
    score.check("windowMeanMiddle", middle);
  }

  private double[] mean(NDArray sum) {
    double[] numbers = sum.toDoubleArray();
    Arrays.setAll(numbers, i -> numbers[i] / tokens);
    return numbers;
  }

  private void ratios(Merger merger, Activations activations) {
    if (golden.shortcut() == Shortcut.MIDDLE) {
      score.check("bi.alpha", Merger.middleRatios(factors, activations));
      return;
    }
    score.check("bi.alpha", Merger.inputRatios(factors, activations));
    score.check("lsScalar.alpha", merger.scalarRatios(factors, activations));
    Merger.WeightRatios merged = merger.weightRatios(factors, true);
    score.check("bwMerged.alpha", merged.ratios());
    score.check("bwMerged.weightNorm", merged.norms());
    Merger.WeightRatios plain = merger.weightRatios(factors, false);
    score.check("bwPlain.alpha", plain.ratios());
    score.check("bwPlain.weightNorm", plain.norms());
  }

  private String prefix(Merge merge) {
    return switch (merge) {
      case LEAST_SQUARES -> "ls";
      case INPUT_NORM -> "bi";
      case WEIGHT_NORM -> golden.shortcut() == Shortcut.INPUT ? "bwMerged" : "bw";
      case PLAIN_WEIGHT_NORM -> "bwPlain";
      case SCALAR -> "lsScalar";
      case EXACT -> "exact";
      case AUTO, TRUNCATED ->
          throw new IllegalArgumentException("there is no golden case of " + merge.label());
    };
  }

  private void exact(Merger merger, Activations activations, StackModel.Pass pass) {
    List<MergedFactor> merged = check(merger, Merge.EXACT, activations, pass);
    for (int n = 0; n < merged.size(); n++) {
      MergedFactor factor = merged.get(n);
      double[] plain = new double[factor.b().length];
      Arrays.setAll(plain, i -> factor.b()[i] / shape.plan().scale());
      score.check("exact.B." + n, plain);
    }
  }

  private List<MergedFactor> check(
      Merger merger, Merge merge, Activations activations, StackModel.Pass pass) {
    String prefix = prefix(merge);
    List<MergedFactor> merged = merger.merge(shape, factors.params(), merge, activations);
    List<NDArray> weights = new ArrayList<>();
    for (int n = 0; n < merged.size(); n++) {
      MergedFactor factor = merged.get(n);
      float[] delta = factor.deltaW();
      score.check(prefix + ".deltaW." + n, delta);
      score.check(prefix + ".A." + n, factor.a());
      float[] weight = golden.numbers("W." + n);
      for (int i = 0; i < weight.length; i++) {
        weight[i] += delta[i];
      }
      weights.add(Torch.floats(scope, weight, factor.out(), factor.in()));
    }
    AdapterPlan frozen = AdapterPlan.frozen(shape.plan().pooled());
    StackModel.Pass plain =
        model
            .with(weights)
            .forward(scope, golden.rows(scope, "X"), List.of(), List.of(), frozen, List.of());
    score.check(prefix + ".yMerged", Torch.floats(plain.output()));
    MergeError error = new MergeError(kernel, scope, shape, a, b, merged);
    error.add(pass.x(), pass.x().get(0));
    score.check(prefix + ".relErr", error.errors());
    return merged;
  }
}
