package dev.reslora.pipeline.bench;

import java.util.SplittableRandom;

/**
 * How long the sequences of a benchmark are, special tokens counted.
 *
 * @param fixed every sequence's length; 0: mixed
 */
public record Lengths(int fixed) {

  private static final int SHORTEST = 8;
  private static final int LONGEST = 64;
  private static final int LONGEST_FIXED = 512;

  /**
   * {@code mixed} or a number.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static Lengths of(String text) {
    if (text.equals("mixed")) {
      return new Lengths(0);
    }
    if (text.matches("\\d{1,4}")) {
      int fixed = Integer.parseInt(text);
      if (fixed >= SHORTEST && fixed <= LONGEST_FIXED) {
        return new Lengths(fixed);
      }
    }
    throw new IllegalArgumentException(
        "--lengths: expected mixed or a number from 8 to 512, found " + text);
  }

  /** As mail cut at 64 tokens: every other sequence fills the limit, the rest are 8 to 64 long. */
  int next(SplittableRandom random) {
    if (fixed > 0) {
      return fixed;
    }
    return random.nextBoolean() ? LONGEST : random.nextInt(SHORTEST, LONGEST + 1);
  }

  @Override
  public String toString() {
    return fixed > 0 ? Integer.toString(fixed) : "mixed";
  }
}
