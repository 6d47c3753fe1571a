package dev.reslora.training;

import dev.reslora.model.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Randomness as a function of counters: no generator, hence no generator's state. */
final class Seeds {

  private Seeds() {}

  /** An adapter's own seed. */
  static long of(long root, String adapterId) {
    byte[] digest = Digests.sha256().digest(adapterId.getBytes(StandardCharsets.UTF_8));
    return mix(root ^ ByteBuffer.wrap(digest).getLong());
  }

  /** The key of one micro-batch's dropout masks. */
  static long dropout(long adapterSeed, long batch) {
    return mix(adapterSeed + 0x9E3779B97F4A7C15L * (batch + 1));
  }

  /** The seed of the n-th of a sequence. */
  static long draw(long seed, long number) {
    return mix(mix(seed) + 0x9E3779B97F4A7C15L * (number + 1));
  }

  /** The n-th of a sequence of uniform numbers, above 0 and below 1. */
  static double unit(long seed, long number) {
    return ((draw(seed, number) >>> 12) + 0.5) * 0x1.0p-52;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
