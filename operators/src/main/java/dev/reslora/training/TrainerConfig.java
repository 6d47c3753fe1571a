package dev.reslora.training;

import dev.reslora.reslora.ResLoraConfig;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Everything a trainer is opened with.
 *
 * @param modelDirectory Hugging Face directory of the base model
 * @param device cpu, or cuda:0, cuda:1, ...
 * @param threads intra-op threads of a training thread
 * @param adapter the adapters' shape
 * @param training what decides a step
 * @param snapshots when snapshots are due
 * @param recompute whether a step makes activations again for its backward: less memory, more time,
 *     the same numbers (language models)
 * @param guards how learning guards itself
 * @param anchor examples whose loss tells what is forgotten, if any
 * @param together most adapters whose micro-batches share a pass over the base; 1: each alone
 */
public record TrainerConfig(
    String modelDirectory,
    String device,
    int threads,
    ResLoraConfig adapter,
    TrainingConfig training,
    SnapshotSchedule snapshots,
    boolean recompute,
    GuardConfig guards,
    @Nullable AnchorSource anchor,
    int together)
    implements Serializable {

  public TrainerConfig {
    if (together > 1 && guards.forgetting().kl() != 0) {
      throw new IllegalArgumentException(
          "training.together: expected 1 with forgetting.kl above 0, found " + together);
    }
  }

  /** Without recompute, and nothing but figures guards. */
  public TrainerConfig(
      String modelDirectory,
      String device,
      int threads,
      ResLoraConfig adapter,
      TrainingConfig training,
      SnapshotSchedule snapshots) {
    this(
        modelDirectory,
        device,
        threads,
        adapter,
        training,
        snapshots,
        false,
        GuardConfig.OFF,
        null,
        1);
  }

  /** The same, guarded. */
  public TrainerConfig guarded(GuardConfig by) {
    return copy(device, training, snapshots, by, anchor, together);
  }

  /** The same, with anchor examples. */
  public TrainerConfig anchored(AnchorSource at) {
    return copy(device, training, snapshots, guards, at, together);
  }

  /** The same on another device. */
  public TrainerConfig on(String otherDevice) {
    return copy(otherDevice, training, snapshots, guards, anchor, together);
  }

  /** The same, so many adapters sharing a pass. */
  public TrainerConfig together(int adapters) {
    return copy(device, training, snapshots, guards, anchor, adapters);
  }

  /** The same with what an adapter may have of its own. */
  TrainerConfig with(TrainingConfig ownTraining, SnapshotSchedule ownSnapshots, GuardConfig own) {
    return copy(device, ownTraining, ownSnapshots, own, anchor, together);
  }

  private TrainerConfig copy(
      String otherDevice,
      TrainingConfig otherTraining,
      SnapshotSchedule otherSnapshots,
      GuardConfig otherGuards,
      @Nullable AnchorSource otherAnchor,
      int otherTogether) {
    return new TrainerConfig(
        modelDirectory,
        otherDevice,
        threads,
        adapter,
        otherTraining,
        otherSnapshots,
        recompute,
        otherGuards,
        otherAnchor,
        otherTogether);
  }
}
