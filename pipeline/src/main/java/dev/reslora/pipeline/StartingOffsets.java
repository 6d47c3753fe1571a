package dev.reslora.pipeline;

import java.util.Locale;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** Where a job begins that has no checkpoint to go on from. */
public enum StartingOffsets {
  COMMITTED {
    @Override
    @SuppressWarnings("deprecation") // the connector's only way to say "else from the beginning"
    OffsetsInitializer initializer() {
      return OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST);
    }
  },
  EARLIEST {
    @Override
    OffsetsInitializer initializer() {
      return OffsetsInitializer.earliest();
    }
  },
  LATEST {
    @Override
    OffsetsInitializer initializer() {
      return OffsetsInitializer.latest();
    }
  };

  abstract OffsetsInitializer initializer();

  /** The name in options. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
