package dev.reslora.pipeline;

import java.time.Duration;
import java.util.Locale;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;

/** How barriers pass examples that wait for a training step. */
public enum CheckpointMode {
  /**
   * Aligned while that is quick. A training step takes far longer than a record's transport, so
   * buffers are full and an aligned barrier would wait for every example in them.
   */
  UNALIGNED {
    @Override
    void applyTo(Configuration flink) {
      flink.set(CheckpointingOptions.ENABLE_UNALIGNED, true);
      flink.set(CheckpointingOptions.ALIGNED_CHECKPOINT_TIMEOUT, Duration.ofSeconds(1));
    }
  },
  ALIGNED {
    @Override
    void applyTo(Configuration flink) {
      flink.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
    }
  };

  abstract void applyTo(Configuration flink);

  /** The name in options. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
