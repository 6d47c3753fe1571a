package dev.reslora.pipeline.local;

import dev.reslora.model.KnownModel;
import dev.reslora.reslora.Shortcut;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a demo is to do.
 *
 * @param out where charts, summary and the newest adapter go; also what is needed on the way
 * @param stream auto, mail, sotu or a file
 * @param time longest time after what is fetched has been fetched
 * @param shortcut the adapter's residual path
 * @param model the base model
 * @param webPort port of Flink's web interface; 0 for any
 * @param livePort port of the live page; 0 for any
 */
public record DemoPlan(
    Path out,
    String stream,
    Duration time,
    Shortcut shortcut,
    KnownModel model,
    int webPort,
    int livePort) {

  /** The stream that takes mail where it can be had, and speeches otherwise. */
  public static final String AUTO = "auto";
}
