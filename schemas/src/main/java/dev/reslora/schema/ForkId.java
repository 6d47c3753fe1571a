package dev.reslora.schema;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of a fork, {@code <adapter>.fork-<step>}: what an adapter was after so many optimizer
 * steps, kept as an adapter of its own. A fork learns nothing: under such an id there are versions,
 * and no examples.
 *
 * @param adapterId the adapter that it was
 * @param step optimizer steps behind it, from 0
 */
public record ForkId(String adapterId, long step) {

  private static final Pattern FORM =
      Pattern.compile("(?<adapter>.+)\\.fork-(?<step>[0-9]{1,18})", Pattern.DOTALL);

  /** Reads an adapter's id; empty where it is none of a fork. */
  public static Optional<ForkId> parse(String id) {
    Matcher fork = FORM.matcher(id);
    return fork.matches()
        ? Optional.of(new ForkId(fork.group("adapter"), Long.parseLong(fork.group("step"))))
        : Optional.empty();
  }

  /**
   * The adapter by whose id records and state are keyed: of a fork the one that it was, so that a
   * fork and what becomes of it keep their place among that adapter's examples.
   */
  public static String keyOf(String id) {
    return parse(id).map(ForkId::adapterId).orElse(id);
  }

  /** The id. */
  @Override
  public String toString() {
    return adapterId + ".fork-" + step;
  }
}
