package dev.reslora.training;

import java.io.Serializable;
import java.util.Locale;

/**
 * Factor of the peak learning rate at a step; every shape makes sense on an endless stream.
 *
 * @param kind shape after the warm-up
 * @param warmupSteps linear rise from 0 over this many steps
 * @param periodSteps length of a cosine period, or the constant part of an inverse square root
 */
public record Schedule(Kind kind, long warmupSteps, long periodSteps) implements Serializable {

  /** The shapes. */
  public enum Kind {
    CONSTANT {
      @Override
      double factor(long step, long period) {
        return 1;
      }
    },
    /** Cosine from 1 to 0 over a period, then again from 1. */
    COSINE_RESTARTS {
      @Override
      double factor(long step, long period) {
        return 0.5 * (1 + Math.cos(Math.PI * (step % period) / period));
      }
    },
    /** sqrt(period / (period + step)). */
    INVERSE_SQUARE_ROOT {
      @Override
      double factor(long step, long period) {
        return Math.sqrt((double) period / (period + step));
      }
    };

    abstract double factor(long step, long period);

    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The factor at a step counted from 1. */
  public double factor(long step) {
    if (step <= warmupSteps) {
      return (double) step / warmupSteps;
    }
    return kind.factor(step - warmupSteps - 1, Math.max(1, periodSteps));
  }
}
