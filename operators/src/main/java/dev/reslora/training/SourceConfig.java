package dev.reslora.training;

import java.io.Serializable;
import java.time.Duration;

/**
 * How many examples of one source an adapter takes.
 *
 * @param limit examples in an interval; 0: any
 * @param interval of event time; intervals begin at its multiples
 * @param sources that are counted, those that came last
 */
public record SourceConfig(int limit, Duration interval, int sources) implements Serializable {

  public static final SourceConfig OFF = new SourceConfig(0, Duration.ofMinutes(1), 1);
}
