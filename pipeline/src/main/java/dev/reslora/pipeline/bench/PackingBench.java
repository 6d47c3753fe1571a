package dev.reslora.pipeline.bench;

import dev.reslora.model.PackedBatch;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.training.StepLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A language model's step on sequences side by side, as the trainer packs them, and on the same
 * sequences filled up to the longest of their batch, as a loop that pads computes them, taking
 * turns. Tokens are counted without the filling.
 */
public final class PackingBench {

  private static final Lengths MIXED = new Lengths(0);

  private PackingBench() {}

  /**
   * Runs.
   *
   * @param batch sequences in a batch
   * @param steps measured rounds
   */
  public static List<BenchRow> run(Path model, int batch, int steps, BenchListener listener)
      throws IOException {
    List<TokenBatch> batches =
        SpeechTokens.batches(model, MIXED, batch, BenchPlan.WARMUP + steps).stream()
            .map(TokenBatch::predicted)
            .toList();
    listener.says(
        "batches of %d: %s, padding to the longest is %.0f %% of the padded tokens"
            .formatted(batch, SpeechTokens.spread(batches), 100 * SpeechTokens.padding(batches)));
    Samples padded = new Samples("step padded " + MIXED);
    Samples packed = new Samples("step packed " + MIXED);
    try (StepLoop padding = open(model);
        StepLoop packing = open(model)) {
      for (int round = 0; round < batches.size(); round++) {
        TokenBatch tokens = batches.get(round);
        double slow = tokens.tokens() / seconds(padding, tokens.filled());
        double fast = tokens.tokens() / seconds(packing, tokens);
        if (round >= BenchPlan.WARMUP) {
          padded.add(slow);
          packed.add(fast);
        }
        listener.progress(round + 1, batches.size(), "rounds");
      }
    }
    return List.of(padded.rates("tokens/s", null), packed.rates("tokens/s", padded));
  }

  private static StepLoop open(Path model) {
    return StepLoop.open(
        ConfigSource.trainer(
            List.of(
                "reslora.model.directory=" + model,
                "reslora.model.device=cpu",
                "reslora.adapter.rank=" + BenchPlan.RANK,
                "reslora.adapter.alpha=" + BenchPlan.ALPHA,
                "reslora.adapter.target-modules=.*_proj",
                "reslora.training.warmup-steps=0")),
        0);
  }

  private static double seconds(StepLoop loop, TokenBatch batch) {
    List<PackedBatch.Sequence> sequences = batch.sequences();
    long begin = System.nanoTime();
    loop.step(sequences, batch.labels());
    return (System.nanoTime() - begin) / 1e9;
  }
}
