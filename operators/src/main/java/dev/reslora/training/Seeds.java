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

  /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
