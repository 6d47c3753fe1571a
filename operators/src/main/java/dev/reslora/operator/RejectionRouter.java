package dev.reslora.operator;

import dev.reslora.schema.avro.RejectedRecord;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Lets examples and commands pass, in order; rejections leave by {@link RejectedRecords#OUTPUT} and
 * are counted.
 */
public final class RejectionRouter extends ProcessFunction<DecodedRecord, DecodedRecord> {

  private static final long serialVersionUID = 1L;

  private transient @Nullable RejectionCounters counters;

  @Override
  public void open(OpenContext context) {
    counters = new RejectionCounters(getRuntimeContext().getMetricGroup());
  }

  @Override
  public void processElement(DecodedRecord record, Context context, Collector<DecodedRecord> out) {
    RejectedRecord rejection = record.rejection();
    if (rejection == null) {
      out.collect(record);
      return;
    }
    Objects.requireNonNull(counters, "not open").count(rejection.getReason());
    context.output(RejectedRecords.OUTPUT, rejection);
  }
}
