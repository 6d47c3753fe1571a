package dev.reslora.training;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.BaseModel;
import dev.reslora.model.PackedBatch;
import dev.reslora.nn.DeviceMemoryException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pass over a batch that adds to gradients, in as many portions as the device's memory asks for:
 * the whole, else halves, else quarters, down to single sequences. The loss is a weighted sum over
 * sequences, so the portions' gradients add up to the whole's.
 */
final class Portions {

  private Portions() {}

  /** A pass over some sequences, see {@link BaseModel#train}. */
  @FunctionalInterface
  interface Pass {
    BaseModel.Outcome over(PackedBatch packed, int[] targets, float[] weights, long seed);
  }

  /**
   * What came of it.
   *
   * @param outcome of all sequences, in the caller's order
   * @param count portions that it took
   */
  record Taken(BaseModel.Outcome outcome, int count) {}

  /**
   * Runs the pass.
   *
   * @param weights of the sequences' losses
   * @param seed of the whole; a portion of several has its own, for their rows begin anew
   * @param undo takes back what a pass that failed has added
   * @throws DeviceMemoryException when a single sequence finds no room, naming the options
   */
  static Taken take(
      BaseModel base, Learner.Batch batch, float[] weights, long seed, Pass pass, Runnable undo) {
    int sequences = batch.targets().length;
    for (int count = 1; ; count *= 2) {
      try {
        return count == 1
            ? new Taken(pass.over(batch.packed(), batch.targets(), weights, seed), 1)
            : inPortions(base, batch, weights, seed, pass, (sequences + count - 1) / count);
      } catch (DeviceMemoryException e) {
        undo.run();
        if (count >= sequences) {
          throw tooLarge(batch.packed(), e);
        }
      }
    }
  }

  /**
   * @param size sequences of a portion
   */
  private static Taken inPortions(
      BaseModel base, Learner.Batch batch, float[] weights, long seed, Pass pass, int size) {
    List<PackedBatch.Sequence> sequences = batch.packed().sequences();
    List<BaseModel.Outcome> outcomes = new ArrayList<>();
    for (int from = 0; from < sequences.size(); from += size) {
      int to = Math.min(sequences.size(), from + size);
      try (NDManager scope = base.manager().newSubManager()) {
        outcomes.add(
            pass.over(
                base.packForTraining(scope, sequences.subList(from, to)),
                Arrays.copyOfRange(batch.targets(), from, to),
                Arrays.copyOfRange(weights, from, to),
                Seeds.draw(seed, outcomes.size())));
      }
    }
    return new Taken(BaseModel.Outcome.joined(outcomes), outcomes.size());
  }

  private static DeviceMemoryException tooLarge(PackedBatch packed, DeviceMemoryException e) {
    int longest = packed.sequences().stream().mapToInt(each -> each.ids().length).max().orElse(0);
    return new DeviceMemoryException(
        "a training step finds no memory on the device even for one example at a time, of up to "
            + longest
            + " tokens: make model.max-tokens and training.batch-tokens smaller, or have fewer"
            + " slots share the device",
        e);
  }
}
