package dev.reslora.training;

import dev.reslora.reslora.Penalties;
import java.io.Serializable;
import java.util.Locale;

/**
 * What is added to the loss against forgetting.
 *
 * @param l2sp alpha of L2-SP, of the factors; 0: no such penalty
 * @param l2spHead beta of L2-SP, of the head
 * @param anchor where L2-SP pulls to
 * @param ewc lambda of online EWC; 0: no such penalty
 * @param ewcDecay gamma, what a consolidation keeps of the Fisher information before it
 * @param ewcAt when it is consolidated
 * @param kl of the divergence from a teacher's answers; 0: no such term
 * @param klTo who that is
 */
public record ForgettingConfig(
    double l2sp,
    double l2spHead,
    Anchor anchor,
    double ewc,
    double ewcDecay,
    Boundary ewcAt,
    double kl,
    Teacher klTo)
    implements Serializable {

  /** Nothing is added. */
  public static final ForgettingConfig OFF =
      new ForgettingConfig(0, 0.01, Anchor.START, 0, 0.9, Boundary.PUBLISHED, 0, Teacher.PUBLISHED);

  /** A point in the adapter's past. */
  public enum Anchor {
    /** Its numbers when it began. */
    START,
    /** The numbers of its latest published version; when it began before there was one. */
    PUBLISHED;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whose answers are to be kept. */
  public enum Teacher {
    /** The frozen baseline's, once it has warmed up. */
    BASE,
    /** The latest published version's; nobody's before there is one. */
    PUBLISHED;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What ends a task, on a stream that does not say so. */
  public enum Boundary {
    /** A version was published. */
    PUBLISHED,
    /** The drift detector found a change. */
    DRIFT,
    /** Either of them. */
    EITHER;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    boolean published() {
      return this != DRIFT;
    }

    boolean drift() {
      return this != PUBLISHED;
    }
  }

  boolean anchors() {
    return l2sp > 0;
  }

  /** Whether published versions are kept to learn from. */
  boolean keeps() {
    return kl > 0 && klTo == Teacher.PUBLISHED;
  }

  boolean elastic() {
    return ewc > 0;
  }

  Penalties.Spring spring() {
    return new Penalties.Spring(l2sp, l2spHead);
  }
}
