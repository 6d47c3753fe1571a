package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.Samples;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.BoundedOutOfOrdernessWatermarks;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.junit.jupiter.api.Test;

class RejectionRouterTest {

  private static final Origin ORIGIN = new Origin("training", 3, 41, Long.MAX_VALUE - 1);
  private static final DecodedRecord EXAMPLE = DecodedRecord.of(ORIGIN, Samples.example());
  private static final DecodedRecord CONTROL = DecodedRecord.of(ORIGIN, Samples.control());
  private static final DecodedRecord REJECTION = DecodedRecord.of(ORIGIN, Samples.rejected());

  @Test
  void acceptedRecordsGoOnInOrderAndRejectionsToTheSide() throws Exception {
    var harness = ProcessFunctionTestHarnesses.forProcessFunction(new RejectionRouter());
    harness.processElement(EXAMPLE, 1);
    harness.processElement(REJECTION, Long.MIN_VALUE);
    harness.processElement(CONTROL, 2);

    assertThat(harness.extractOutputValues()).containsExactly(EXAMPLE, CONTROL);
    assertThat(harness.getSideOutput(RejectedRecords.OUTPUT))
        .extracting(StreamRecord::getValue)
        .containsExactly(Samples.rejected());
    harness.close();
  }

  @Test
  void rejectionsDoNotMoveTheWatermark() {
    LastWatermark output = new LastWatermark();
    WatermarkGenerator<DecodedRecord> watermarks =
        new BoundedOutOfOrdernessWatermarks<>(Duration.ZERO);

    for (DecodedRecord record : new DecodedRecord[] {REJECTION, EXAMPLE, REJECTION}) {
      watermarks.onEvent(record, record.eventTime(), output);
    }
    watermarks.onPeriodicEmit(output);

    assertThat(output.timestamp).isEqualTo(EXAMPLE.eventTime() - 1);
  }

  private static final class LastWatermark implements WatermarkOutput {

    private long timestamp = Long.MIN_VALUE;

    @Override
    public void emitWatermark(Watermark watermark) {
      timestamp = watermark.getTimestamp();
    }

    @Override
    public void markIdle() {}

    @Override
    public void markActive() {}
  }
}
