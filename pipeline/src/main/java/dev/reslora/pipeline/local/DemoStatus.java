package dev.reslora.pipeline.local;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Where the demo is; made a few times a second for {@link DemoView}.
 *
 * @param elapsed since its start
 * @param sent examples sent
 * @param total examples that will be sent at most, where that is known
 * @param training what the metrics topic says
 * @param stepsPerSecond steps a second of late
 * @param tokensPerSecond tokens a second of late
 * @param loaded versions that the subscriber has loaded
 * @param version its newest, 0 without one
 * @param versionStep the step that it was made at
 * @param checkpoints the job's checkpoints
 */
public record DemoStatus(
    Duration elapsed,
    long sent,
    OptionalLong total,
    TrainingFigures training,
    double stepsPerSecond,
    double tokensPerSecond,
    int loaded,
    long version,
    long versionStep,
    CheckpointFigures checkpoints) {}
