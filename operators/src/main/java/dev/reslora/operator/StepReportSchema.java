package dev.reslora.operator;

import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.StepReport;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Header;

/** Step reports of the train stage on the metrics topic, keyed by adapter id. */
public final class StepReportSchema extends AvroTopicSchema<StepReport> {

  private static final long serialVersionUID = 1L;

  public StepReportSchema(String topic, WireConfig wire) {
    super(StepReport.class, topic, wire, SubjectNaming.TOPIC);
  }

  @Override
  byte[] key(StepReport report) {
    return report.getAdapterId().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  Iterable<Header> headers(StepReport report) {
    return List.of();
  }
}
