package dev.reslora.operator;

import java.io.Serializable;

/**
 * What the stages report of themselves.
 *
 * @param adapters adapters with metrics of their own, of each subtask
 * @param peakFlops floating-point operations a second that the hardware can do; 0: not known
 */
public record MetricsPlan(int adapters, double peakFlops) implements Serializable {

  /** Totals only. */
  public static final MetricsPlan TOTALS = new MetricsPlan(0, 0);
}
