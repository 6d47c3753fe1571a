package dev.reslora.operator;

import dev.reslora.schema.avro.RejectionReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** A stage's rejections by reason. All reasons are there from the start, at 0. */
final class RejectionCounters {

  private final Map<RejectionReason, Counter> byReason = new EnumMap<>(RejectionReason.class);

  RejectionCounters(MetricGroup operator) {
    for (RejectionReason reason : RejectionReason.values()) {
      byReason.put(
          reason,
          JobMetric.REJECTED.counter(JobMetric.Scope.REJECTION.in(operator, reason.name())));
    }
  }

  void count(RejectionReason reason) {
    Objects.requireNonNull(byReason.get(reason)).inc();
  }
}
