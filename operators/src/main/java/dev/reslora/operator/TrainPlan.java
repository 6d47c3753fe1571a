package dev.reslora.operator;

import dev.reslora.training.TrainerConfig;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What the train stage is built from.
 *
 * @param trainer what adapters are trained with; device auto takes the subtask's
 * @param startFrom directory of the LoRA adapter that new adapters begin with, if any
 * @param liveBytes native memory for live adapters, of each subtask
 * @param liveHeapBytes Java heap for live adapters, of each subtask
 * @param codeVersion named in every snapshot
 * @param metrics what the stage reports of itself
 */
public record TrainPlan(
    TrainerConfig trainer,
    @Nullable String startFrom,
    long liveBytes,
    long liveHeapBytes,
    String codeVersion,
    MetricsPlan metrics)
    implements Serializable {}
