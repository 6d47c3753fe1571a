package dev.reslora.training;

import dev.reslora.evaluation.DriftConfig;
import java.io.Serializable;

/**
 * How learning guards itself.
 *
 * @param fadingFactor of the faded prequential figures
 * @param window examples of the windowed ones
 * @param admission what is trained on
 * @param drift how drift is found, and what follows
 * @param replay what of the past is trained on again
 * @param gate what is published
 * @param forgetting what is added to the loss against forgetting
 * @param labels labels that come after their texts
 */
public record GuardConfig(
    double fadingFactor,
    int window,
    AdmissionConfig admission,
    DriftConfig drift,
    ReplayConfig replay,
    GateConfig gate,
    ForgettingConfig forgetting,
    LabelsConfig labels)
    implements Serializable {

  /** Nothing added to the loss, of examples that come with their labels. */
  public GuardConfig(
      double fadingFactor,
      int window,
      AdmissionConfig admission,
      DriftConfig drift,
      ReplayConfig replay,
      GateConfig gate) {
    this(
        fadingFactor,
        window,
        admission,
        drift,
        replay,
        gate,
        ForgettingConfig.OFF,
        LabelsConfig.OFF);
  }

  /** Figures alone. */
  public static final GuardConfig OFF =
      new GuardConfig(
          0.999, 500, AdmissionConfig.OFF, DriftConfig.OFF, ReplayConfig.OFF, GateConfig.OFF);

  /** The same with another replay. */
  GuardConfig with(ReplayConfig other) {
    return new GuardConfig(fadingFactor, window, admission, drift, other, gate, forgetting, labels);
  }

  /** The same with other rules for later labels. */
  GuardConfig with(LabelsConfig other) {
    return new GuardConfig(fadingFactor, window, admission, drift, replay, gate, forgetting, other);
  }
}
