package dev.reslora.operator;

import dev.reslora.training.TrainerConfig;
import java.io.Serializable;

/**
 * What the train stage is built from.
 *
 * @param trainer what adapters are trained with; device auto takes the subtask's
 * @param liveBytes native memory for live adapters, of each subtask
 * @param codeVersion named in every snapshot
 * @param metrics what the stage reports of itself
 */
public record TrainPlan(
    TrainerConfig trainer, long liveBytes, String codeVersion, MetricsPlan metrics)
    implements Serializable {}
