package dev.reslora.reslora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Call;
import dev.reslora.nn.Kernel;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Folds an adapter's shortcuts into plain factors, on a copy: delta W_n = B' A', the scale in B'
 * (ResLoRA, section 3.2, and the least-squares merge).
 */
public final class Merger {

  private final Kernel kernel;
  private final NDManager manager;
  private final IntFunction<float[]> baseWeights;
  private final double ridge;

  /**
   * A merger.
   *
   * @param kernel with the sources {@code reslora} and {@code merge}
   * @param baseWeights the frozen W [out, in] of a factor's projection, for {@link
   *     Merge#WEIGHT_NORM}
   * @param ridge lambda = ridge trace(S) / in; see {@link Activations#RIDGE}
   */
  public Merger(Kernel kernel, NDManager manager, IntFunction<float[]> baseWeights, double ridge) {
    this.kernel = kernel;
    this.manager = manager;
    this.baseWeights = baseWeights;
    this.ridge = ridge;
  }

  /**
   * The merge that is meant, once AUTO is settled.
   *
   * @throws IllegalArgumentException when the merge does not exist for the shortcut
   */
  public static Merge settle(Merge merge, Shortcut shortcut) {
    Merge settled =
        switch (shortcut) {
          case NONE, BLOCK -> merge == Merge.AUTO ? Merge.EXACT : merge;
          case INPUT, MIDDLE -> merge == Merge.AUTO ? Merge.LEAST_SQUARES : merge;
        };
    if (!settled.folds(shortcut)) {
      throw new IllegalArgumentException(
          "merge: "
              + settled.label()
              + " does not exist for the shortcut "
              + shortcut.label()
              + "; use auto");
    }
    return settled;
  }

  /**
   * Refuses a shape that would learn and could not be published.
   *
   * @param merge settled
   * @throws IllegalArgumentException naming the options
   */
  public static void checkRanks(AdapterShape shape, Merge merge) {
    int rank = shape.plan().rank();
    boolean stacks = merge == Merge.EXACT && shape.config().shortcut() == Shortcut.BLOCK;
    int blocks =
        shape.plan().windows().stream().mapToInt(w -> stacks ? w.length : 1).max().orElse(1);
    if (rank * blocks > MergedFactor.LARGEST_RANK) {
      throw new IllegalArgumentException(
          "adapter.rank %d: with %d linked blocks the exact merge makes snapshots of rank %d, and servers load %d at most; make adapter.rank or adapter.pre-num smaller, or set snapshot.merge to truncated"
              .formatted(rank, blocks, rank * blocks, MergedFactor.LARGEST_RANK));
    }
    int narrowest = shape.plan().targets().stream().mapToInt(t -> t.out()).min().orElse(rank);
    if (merge == Merge.TRUNCATED && rank > narrowest) {
      throw new IllegalArgumentException(
          "adapter.rank %d: snapshot.merge truncated takes at most %d, the outputs of the narrowest adapted projection"
              .formatted(rank, narrowest));
    }
  }

  /**
   * Plain factors of the adapter.
   *
   * @param params the adapter's flat parameters; what follows the factors is not looked at
   * @param merge settled
   * @param gathered recent inputs; {@link Merge#EXACT} alone needs none
   * @return one a factor, in execution order, float32, not checked for being finite
   */
  public List<MergedFactor> merge(
      AdapterShape shape, float[] params, Merge merge, @Nullable Activations gathered) {
    if (merge == Merge.EXACT) {
      return exact(shape, params);
    }
    Factors factors = new Factors(shape, params);
    Activations activations = Objects.requireNonNull(gathered, "activations");
    return switch (merge) {
      case TRUNCATED -> truncated(shape, stacked(factors), activations);
      case LEAST_SQUARES -> leastSquares(factors, activations);
      case INPUT_NORM ->
          shape.config().shortcut() == Shortcut.INPUT
              ? scaled(factors, inputRatios(factors, activations))
              : scaled(factors, middleRatios(factors, activations));
      case WEIGHT_NORM ->
          shape.config().shortcut() == Shortcut.INPUT
              ? scaled(factors, weightRatios(factors, true).ratios())
              : mixed(factors, activations);
      case PLAIN_WEIGHT_NORM -> scaled(factors, weightRatios(factors, false).ratios());
      case SCALAR -> scaled(factors, scalarRatios(factors, activations));
      case AUTO, EXACT -> throw new IllegalArgumentException("merge: auto was not settled");
    };
  }

  /** {@link Merge#EXACT}, which takes neither inputs nor an engine. */
  public static List<MergedFactor> exact(AdapterShape shape, float[] params) {
    return stacked(new Factors(shape, params));
  }

  /** A' stacks the A_j of the window by rows, B' sets the s B_j side by side. */
  private static List<MergedFactor> stacked(Factors factors) {
    List<MergedFactor> merged = new ArrayList<>();
    boolean block = factors.shape().config().shortcut() == Shortcut.BLOCK;
    for (int f = 0; f < factors.count(); f++) {
      int[] window = block ? factors.window(f) : new int[] {f};
      int rank = factors.rank();
      int wide = rank * window.length;
      float[] a = new float[wide * factors.in(f)];
      float[] b = new float[factors.out(f) * wide];
      for (int k = 0; k < window.length; k++) {
        float[] aj = factors.a(window[k]);
        float[] bj = factors.b(window[k]);
        System.arraycopy(aj, 0, a, k * aj.length, aj.length);
        for (int row = 0; row < factors.out(f); row++) {
          System.arraycopy(bj, row * rank, b, row * wide + k * rank, rank);
        }
      }
      merged.add(factor(factors, f, wide, a, b, 1));
    }
    return merged;
  }

  /** The part of rank r that the inputs seen make most of. */
  private List<MergedFactor> truncated(
      AdapterShape shape, List<MergedFactor> exact, Activations activations) {
    int rank = shape.plan().rank();
    List<MergedFactor> merged = new ArrayList<>();
    for (int f = 0; f < exact.size(); f++) {
      MergedFactor wide = exact.get(f);
      if (wide.rank() <= rank) {
        merged.add(wide);
        continue;
      }
      try (NDManager scope = manager.newSubManager()) {
        List<List<NDArray>> best =
            kernel
                .call("truncated")
                .tensor(Torch.floats(scope, wide.a(), wide.rank(), wide.in()))
                .tensor(Torch.floats(scope, wide.b(), wide.out(), wide.rank()))
                .tensor(activations.secondMoment(f))
                .integer(rank)
                .tuple(scope);
        merged.add(
            new MergedFactor(
                wide.module(),
                rank,
                wide.in(),
                wide.out(),
                Torch.floats(best.get(0).get(0)),
                Torch.floats(best.get(1).get(0))));
      }
    }
    return merged;
  }

  /** The optimum over all dense matrices for the inputs seen. */
  private List<MergedFactor> leastSquares(Factors factors, Activations activations) {
    boolean input = factors.shape().config().shortcut() == Shortcut.INPUT;
    List<MergedFactor> merged = new ArrayList<>();
    for (int f = 0; f < factors.count(); f++) {
      if (factors.heads(f)) {
        float[] a = factors.a(f);
        for (int i = 0; input && i < a.length; i++) {
          a[i] *= 2;
        }
        merged.add(factor(factors, f, factors.rank(), a, factors.b(f), 1));
        continue;
      }
      try (NDManager scope = manager.newSubManager()) {
        int[] window = factors.window(f);
        List<NDArray> ancestors = new ArrayList<>();
        List<NDArray> moments = new ArrayList<>();
        for (int k = 1; k < window.length; k++) {
          ancestors.add(a(scope, factors, input ? f : window[k]));
          moments.add(activations.crossMoment(window[k], f));
        }
        Call solve =
            kernel
                .call("least_squares")
                .tensor(a(scope, factors, f))
                .tensors(ancestors)
                .tensors(moments)
                .tensor(activations.secondMoment(f))
                .real(ridge);
        float[] a = Torch.floats(solve.tensor(scope));
        merged.add(factor(factors, f, factors.rank(), a, factors.b(f), 1));
      }
    }
    return merged;
  }

  /** delta W = s (1 + ratio) B A. */
  private static List<MergedFactor> scaled(Factors factors, double[] ratios) {
    List<MergedFactor> merged = new ArrayList<>();
    for (int f = 0; f < factors.count(); f++) {
      merged.add(factor(factors, f, factors.rank(), factors.a(f), factors.b(f), 1 + ratios[f]));
    }
    return merged;
  }

  /** Middle, input norms on A: A* = A_n + sum_k (f_{n-k} / f_n) A_{n-k}. */
  private static List<MergedFactor> mixed(Factors factors, Activations activations) {
    List<MergedFactor> merged = new ArrayList<>();
    for (int f = 0; f < factors.count(); f++) {
      float[] a = factors.a(f);
      int[] window = factors.window(f);
      double[] sum = new double[a.length];
      for (int j : window) {
        double ratio = activations.inputNorm(j) / activations.inputNorm(f);
        float[] aj = factors.a(j);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += ratio * aj[i];
        }
      }
      for (int i = 0; i < a.length; i++) {
        a[i] = (float) sum[i];
      }
      merged.add(factor(factors, f, factors.rank(), a, factors.b(f), 1));
    }
    return merged;
  }

  static double[] inputRatios(Factors factors, Activations activations) {
    double[] ratios = new double[factors.count()];
    for (int f = 0; f < ratios.length; f++) {
      ratios[f] =
          factors.heads(f)
              ? 1
              : activations.inputNorm(factors.window(f)[1]) / activations.inputNorm(f);
    }
    return ratios;
  }

  static double[] middleRatios(Factors factors, Activations activations) {
    double[] ratios = new double[factors.count()];
    for (int f = 0; f < ratios.length; f++) {
      int[] window = factors.window(f);
      for (int k = 1; k < window.length; k++) {
        ratios[f] += activations.middleNorm(window[k]) / activations.middleNorm(f);
      }
    }
    return ratios;
  }

  double[] scalarRatios(Factors factors, Activations activations) {
    double[] ratios = new double[factors.count()];
    for (int f = 0; f < ratios.length; f++) {
      ratios[f] =
          factors.heads(f)
              ? 1
              : kernel
                  .call("trace_ratio")
                  .tensor(activations.crossMoment(factors.window(f)[1], f))
                  .tensor(activations.secondMoment(f))
                  .real();
    }
    return ratios;
  }

  /**
   * a_n = ||W*_{n-2}|| / ||W*_{n-1}|| over merged weights; 1 for the first two of a chain.
   *
   * @param exact whether W* has the scale and its own ratio, or is W + B A as published
   */
  WeightRatios weightRatios(Factors factors, boolean exact) {
    double[] ratios = new double[factors.count()];
    double[] norms = new double[factors.count()];
    int[] links = factors.shape().links();
    for (int f = 0; f < ratios.length; f++) {
      boolean second = factors.heads(f) || factors.heads(links[f]);
      ratios[f] = second ? 1 : norms[links[links[f]]] / norms[links[f]];
      double scale = exact ? factors.shape().plan().scale() * (1 + ratios[f]) : 1;
      try (NDManager scope = manager.newSubManager()) {
        norms[f] =
            kernel
                .call("weight_norm")
                .tensor(Torch.floats(scope, baseWeights.apply(f), factors.out(f), factors.in(f)))
                .tensor(a(scope, factors, f))
                .tensor(Torch.floats(scope, factors.b(f), factors.out(f), factors.rank()))
                .real(scale)
                .real();
      }
    }
    return new WeightRatios(ratios, norms);
  }

  /** Ratios a_n, and the norms of the merged weights that they come from. */
  record WeightRatios(double[] ratios, double[] norms) {}

  private static NDArray a(NDManager scope, Factors factors, int f) {
    return Torch.floats(scope, factors.a(f), factors.rank(), factors.in(f));
  }

  private static MergedFactor factor(
      Factors factors, int f, int rank, float[] a, float[] b, double times) {
    double scale = factors.shape().plan().scale() * times;
    float[] scaled = new float[b.length];
    for (int i = 0; i < b.length; i++) {
      scaled[i] = (float) (scale * b[i]);
    }
    return new MergedFactor(
        factors.shape().plan().targets().get(f).module(),
        rank,
        factors.in(f),
        factors.out(f),
        a,
        scaled);
  }
}
