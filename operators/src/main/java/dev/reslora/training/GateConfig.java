package dev.reslora.training;

import java.io.Serializable;

/**
 * What a candidate must be like to be published.
 *
 * @param holdoutEvery every n-th example is held out and never trained on; 0: none, no comparison
 * @param holdoutExamples the newest held-out examples that candidates are compared on
 * @param limit of accuracy that a candidate may lose on the holdout against the version before
 * @param alpha chance that a candidate which loses that much or more passes, and that a version
 *     which is not worse than the one before is rolled back
 * @param minExamples trained on since the version before
 * @param baselineMargin of windowed accuracy that the adapter may lie below the frozen baseline; 1:
 *     any
 * @param maxForgetting nats; 0: no limit
 * @param maxAnchorRise of the anchor examples' loss, nats; 0: no limit
 * @param maxKl between the live and the merged adapter, nats; 0: no limit
 * @param rollback whether a version that does worse than the one before is taken back
 */
public record GateConfig(
    int holdoutEvery,
    int holdoutExamples,
    double limit,
    double alpha,
    long minExamples,
    double baselineMargin,
    double maxForgetting,
    double maxAnchorRise,
    double maxKl,
    boolean rollback)
    implements Serializable {

  public static final GateConfig OFF = new GateConfig(0, 256, 0.05, 0.05, 0, 1, 0, 0, 0, true);
}
