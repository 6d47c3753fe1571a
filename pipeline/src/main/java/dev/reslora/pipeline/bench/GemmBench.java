package dev.reslora.pipeline.bench;

import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.ModelConfig;
import dev.reslora.nn.MatrixProduct;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine's matrix peak by type, and the share of it that a training step of plain LoRA makes
 * use of. Products and steps take turns, so both see the same machine.
 */
public final class GemmBench {

  /** Long enough for the clock, short enough for a turn. */
  private static final double FLOPS_A_TURN = 1e10;

  private final BenchPlan plan;
  private final List<Precision> precisions;
  private final BenchListener listener;

  public GemmBench(BenchPlan plan, List<Precision> precisions, BenchListener listener) {
    this.plan = plan;
    this.precisions = precisions;
    this.listener = listener;
  }

  /** A product and what it reached. */
  private record Measured(MatrixProduct product, Samples samples) {}

  public List<BenchRow> run() throws IOException {
    List<TokenBatch> batches = plan.batches(plan.batch(), BenchPlan.WARMUP + plan.steps());
    List<Measured> products = new ArrayList<>();
    List<Contestant.Ours> steps = new ArrayList<>();
    try {
      // Opened first: they set this thread's intra-op threads.
      precisions.forEach(each -> steps.add(StepBench.ours(plan, each, Shortcut.NONE)));
      addProducts(products, batches.get(0).tokens());
      return measure(products, steps, batches);
    } finally {
      products.forEach(each -> each.product.close());
      steps.forEach(Contestant::close);
    }
  }

  /** The products of a layer of the model, by every kind of the precisions that the device has. */
  private void addProducts(List<Measured> products, int tokens) throws IOException {
    ModelConfig config;
    try (HuggingFaceDirectory directory = HuggingFaceDirectory.open(plan.model())) {
      config = ModelConfig.of(directory);
    }
    int hidden = config.hidden();
    List<MatrixProduct.Shape> shapes =
        List.of(
            new MatrixProduct.Shape(tokens, hidden, 3 * hidden),
            new MatrixProduct.Shape(tokens, hidden, hidden),
            new MatrixProduct.Shape(tokens, hidden, config.intermediate()),
            new MatrixProduct.Shape(tokens, config.intermediate(), hidden));
    for (MatrixProduct.Kind kind : MatrixProduct.Kind.values()) {
      if (kind.runsOn(plan.device()) && precisions.stream().anyMatch(each -> is(kind, each))) {
        for (MatrixProduct.Shape shape : shapes) {
          Samples samples = new Samples("gemm " + kind.label() + " " + shape);
          products.add(new Measured(MatrixProduct.of(plan.device(), kind, shape), samples));
        }
      }
    }
  }

  private List<BenchRow> measure(
      List<Measured> products, List<Contestant.Ours> steps, List<TokenBatch> batches) {
    List<Samples> rates =
        steps.stream().map(each -> new Samples(each.name().replace("step ours", "use"))).toList();
    for (int round = 0; round < batches.size(); round++) {
      TokenBatch batch = batches.get(round);
      boolean counts = round >= BenchPlan.WARMUP;
      for (Measured each : products) {
        double rate = rate(each.product);
        if (counts) {
          each.samples.add(rate);
        }
      }
      for (int i = 0; i < steps.size(); i++) {
        double rate = steps.get(i).flops(batch) / steps.get(i).step(batch) / 1e9;
        if (counts) {
          rates.get(i).add(rate);
        }
      }
      listener.progress(round + 1, batches.size(), "rounds");
    }
    return rows(products, rates);
  }

  private static boolean is(MatrixProduct.Kind kind, Precision precision) {
    return kind.label().startsWith(precision.label());
  }

  /** GFLOP/s of some products in a row. */
  private static double rate(MatrixProduct product) {
    int times = (int) Math.max(1, FLOPS_A_TURN / product.shape().flops());
    long begin = System.nanoTime();
    product.run(times);
    return times * product.shape().flops() / (System.nanoTime() - begin);
  }

  /** A step's baseline is the fastest product of its own type. */
  private List<BenchRow> rows(List<Measured> products, List<Samples> rates) {
    List<BenchRow> rows = new ArrayList<>();
    products.forEach(each -> rows.add(each.samples.rates("GFLOP/s", null)));
    for (int i = 0; i < rates.size(); i++) {
      Precision precision = precisions.get(i);
      Stream<Samples> same =
          products.stream()
              .filter(each -> is(each.product.kind(), precision))
              .map(Measured::samples);
      Samples peak = same.max(Comparator.comparingDouble(Samples::median)).orElseThrow();
      rows.add(rates.get(i).rates("GFLOP/s", peak));
    }
    return rows;
  }
}
