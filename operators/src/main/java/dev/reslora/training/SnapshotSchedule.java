package dev.reslora.training;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a snapshot is due besides on command.
 *
 * @param everySteps after this many optimizer steps since the last; 0 never
 * @param everyEventTime when the stream's event time, the median of a micro-batch, has moved on by
 *     this since the last; zero never
 */
public record SnapshotSchedule(long everySteps, Duration everyEventTime) implements Serializable {}
