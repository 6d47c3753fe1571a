package dev.reslora.pipeline.local;

import org.jspecify.annotations.Nullable;

/** Kafka does not answer, does not start, or refuses; the message names the address and why. */
public final class BrokerUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public BrokerUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
