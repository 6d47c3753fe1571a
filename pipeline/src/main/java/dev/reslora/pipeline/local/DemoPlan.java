package dev.reslora.pipeline.local;

import dev.reslora.reslora.Shortcut;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a demo is to do.
 *
 * @param out where charts, summary and the newest adapter go; also what is needed on the way
 * @param task what it learns
 * @param time longest time after what is fetched has been fetched
 * @param shortcut the adapter's residual path
 * @param webPort port of Flink's web interface; 0 for any
 * @param livePort port of the live page; 0 for any
 */
public record DemoPlan(
    Path out, DemoTask task, Duration time, Shortcut shortcut, int webPort, int livePort) {}
