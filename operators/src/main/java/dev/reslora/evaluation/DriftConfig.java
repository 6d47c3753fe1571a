package dev.reslora.evaluation;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * How drift is found, and what follows.
 *
 * @param detector what finds it
 * @param signal what it watches
 * @param adwin parameters of that detector
 * @param pageHinkley parameters of that detector
 * @param ddm parameters of that detector
 * @param reactions what follows
 * @param rateFactor of the learning rate, while it is raised
 * @param rateSteps optimizer steps for which it is raised, and replay renewed
 */
public record DriftConfig(
    Detector detector,
    Signal signal,
    Adwin.Parameters adwin,
    PageHinkley.Parameters pageHinkley,
    Ddm.Parameters ddm,
    List<Reaction> reactions,
    double rateFactor,
    long rateSteps)
    implements Serializable {

  /** Nothing is watched. */
  public static final DriftConfig OFF =
      new DriftConfig(
          Detector.NONE,
          Signal.ERROR,
          Adwin.Parameters.DEFAULT,
          PageHinkley.Parameters.DEFAULT,
          Ddm.Parameters.DEFAULT,
          List.of(),
          1,
          0);

  /** The detectors. */
  public enum Detector {
    NONE,
    ADWIN,
    PAGE_HINKLEY,
    DDM;

    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What is watched, example by example, before it is trained on. */
  public enum Signal {
    /** 1 for a wrong prediction, 0 for a right one; the loss where there are no labels. */
    ERROR,
    /** The loss, nats. */
    LOSS;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    public double of(Prediction prediction) {
      boolean loss = this == LOSS || prediction.target() == Prediction.NONE;
      return loss ? prediction.loss() : prediction.correct() ? 0 : 1;
    }
  }

  /** What follows; an event on the metrics topic always does. */
  public enum Reaction {
    /** A higher learning rate for a while. */
    RAISE_LEARNING_RATE,
    /** AdamW's moments are forgotten. */
    RESET_MOMENTS,
    /** The holdout begins anew: what was held out before tells nothing about what comes. */
    RENEW_HOLDOUT,
    /**
     * For as long as a learning rate would be raised, what comes of a label takes the place of what
     * was kept of it: the past of a label that goes on may be wrong now, that of one which stays
     * away is all there is of it.
     */
    RENEW_REPLAY,
    /** What is trained at this moment becomes a candidate. */
    SNAPSHOT,
    /** What is trained at this moment is kept as an adapter of its own, before it learns on. */
    FORK,
    /** Examples are refused until a RESUME command. */
    PAUSE;

    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A new detector; there must be one. */
  public DriftDetector open() {
    return switch (detector) {
      case NONE -> throw new IllegalStateException("no detector is configured");
      case ADWIN -> new Adwin(adwin);
      case PAGE_HINKLEY -> new PageHinkley(pageHinkley);
      case DDM -> new Ddm(ddm);
    };
  }
}
