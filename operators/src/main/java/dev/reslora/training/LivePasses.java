package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.LiveAdapter;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A live adapter's passes over its recent batches, which a merge is fitted on and then measured on:
 * run once and kept, as far as they have no more tokens than the largest batch, whose pass needs
 * that room anyway. Owner of what it keeps.
 */
final class LivePasses implements AutoCloseable {

  private final BaseModel base;
  private final LiveAdapter live;
  private final NDManager kept;
  private final IdentityHashMap<PackedBatch, BaseModel.Inference> passes = new IdentityHashMap<>();
  private long room;

  LivePasses(BaseModel base, LiveAdapter live, List<Learner.Batch> batches) {
    this.base = base;
    this.live = live;
    this.kept = base.manager().newSubManager();
    this.room = batches.stream().mapToLong(batch -> batch.packed().size()).max().orElse(0);
  }

  /** The first pass over a batch; what is not kept is the owner's. */
  BaseModel.Inference first(NDManager owner, PackedBatch batch) {
    if (batch.size() > room) {
      return base.infer(owner, batch, live);
    }
    room -= batch.size();
    BaseModel.Inference pass = base.infer(kept, batch, live);
    passes.put(batch, pass);
    return pass;
  }

  /** The same pass again; what has to be run is the owner's. */
  BaseModel.Inference again(NDManager owner, PackedBatch batch) {
    BaseModel.Inference pass = passes.get(batch);
    return pass == null ? base.infer(owner, batch, live) : pass;
  }

  @Override
  public void close() {
    kept.close();
  }
}
