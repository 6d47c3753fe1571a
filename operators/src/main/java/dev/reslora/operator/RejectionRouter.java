package dev.reslora.operator;

import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import java.util.EnumMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Lets examples and commands pass, in order; rejections leave by {@link RejectedRecords#OUTPUT} and
 * are counted, one counter {@code rejected} a reason.
 */
public final class RejectionRouter extends ProcessFunction<DecodedRecord, DecodedRecord> {

  private static final long serialVersionUID = 1L;

  private transient Map<RejectionReason, Counter> counters = new EnumMap<>(RejectionReason.class);

  @Override
  public void open(OpenContext context) {
    counters = new EnumMap<>(RejectionReason.class);
  }

  @Override
  public void processElement(DecodedRecord record, Context context, Collector<DecodedRecord> out) {
    RejectedRecord rejection = record.rejection();
    if (rejection == null) {
      out.collect(record);
      return;
    }
    counters.computeIfAbsent(rejection.getReason(), this::counter).inc();
    context.output(RejectedRecords.OUTPUT, rejection);
  }

  private Counter counter(RejectionReason reason) {
    return getRuntimeContext()
        .getMetricGroup()
        .addGroup("reason", reason.name())
        .counter("rejected");
  }
}
