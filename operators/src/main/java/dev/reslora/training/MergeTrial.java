package dev.reslora.training;

import dev.reslora.reslora.Merge;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.text.TokenizedExample;
import java.util.Arrays;
import java.util.List;

/**
 * An adapter that learned a stream, to merge in every way that its shortcut has and to measure each
 * on examples that it never saw. Benchmarks use it. Not thread-safe.
 */
public final class MergeTrial implements AutoCloseable {

  private final Trainer trainer;
  private final AdapterTraining adapter;
  private final Shortcut shortcut;

  private MergeTrial(Trainer trainer, AdapterTraining adapter, Shortcut shortcut) {
    this.trainer = trainer;
    this.adapter = adapter;
    this.shortcut = shortcut;
  }

  /**
   * A merge and what it cost.
   *
   * @param adapter the merged copy
   * @param fidelity measured on unseen examples
   * @param layers the same, projection by projection
   */
  public record Result(MergedAdapter adapter, MergeFidelity fidelity, List<LayerFidelity> layers) {}

  /** Learns the examples, in order, once. */
  public static MergeTrial learn(TrainerConfig config, List<TokenizedExample> examples) {
    Trainer trainer = Trainer.open(config);
    AdapterTraining adapter = trainer.create("trial");
    examples.forEach(adapter::offer);
    return new MergeTrial(trainer, adapter, config.adapter().shortcut());
  }

  /** Every merge that the shortcut has. */
  public List<Merge> merges() {
    return Arrays.stream(Merge.values())
        .filter(merge -> merge != Merge.AUTO && merge.folds(shortcut))
        .toList();
  }

  /** Merges on the recent past, and measures on unseen examples; with none, only merges. */
  public Result merge(Merge merge, List<TokenizedExample> unseen) {
    MergedCopy copy = adapter.trial(merge, unseen);
    return new Result(copy.adapter(), copy.fidelity(), copy.layers());
  }

  /** Digest and name of the base model, which an adapter's files carry. */
  public String baseModelDigest() {
    return trainer.baseModelDigest();
  }

  public String baseModelName() {
    return trainer.baseModelName();
  }

  @Override
  public void close() {
    adapter.close();
    trainer.close();
  }
}
