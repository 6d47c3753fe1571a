package dev.reslora.pipeline;

import java.util.Locale;
import org.apache.flink.connector.base.DeliveryGuarantee;

/** How outputs reach their topics. */
public enum Delivery {
  /** In transactions that commit with a checkpoint. */
  EXACTLY_ONCE(DeliveryGuarantee.EXACTLY_ONCE),
  /** At once; what recovery repeats is the same bytes, and consumers drop what they have. */
  IDEMPOTENT(DeliveryGuarantee.AT_LEAST_ONCE);

  private final DeliveryGuarantee guarantee;

  Delivery(DeliveryGuarantee guarantee) {
    this.guarantee = guarantee;
  }

  /** What the sinks are built with. */
  DeliveryGuarantee guarantee() {
    return guarantee;
  }

  /** The name in options. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
