package dev.reslora.schema;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The schema registry gave no usable answer. Nobody knows whether the record is good: try again.
 */
public final class RegistryUnavailableException extends IOException {

  private static final long serialVersionUID = 1L;

  RegistryUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
