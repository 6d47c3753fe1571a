package dev.reslora.operator;

import dev.reslora.schema.WireConfig;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.ServingRecordWriter;
import dev.reslora.snapshot.Snapshot;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * The publish stage, keyed by adapter id: numbers each candidate from the train stage, binds it to
 * the version before, and sends its records to the serving topic's sink. A version's records leave
 * in one call, so no barrier falls between them and a transaction holds all of a version or none.
 *
 * <p>Keeps the chain's head; a restart goes on with the number and the parent of the checkpoint.
 */
public final class PublishFunction extends KeyedProcessFunction<String, Snapshot, ServingRecord> {

  /** Name of the state that holds the chain's head; part of every savepoint. */
  static final String HEAD = "chain-head";

  private final WireConfig wire;
  private final String topic;
  private final int listedAdapters;
  private transient @Nullable Stage stage;

  /**
   * @param wire how records are written
   * @param topic the serving topic
   * @param listedAdapters adapters with metrics of their own, of each subtask
   */
  public PublishFunction(WireConfig wire, String topic, int listedAdapters) {
    this.wire = wire;
    this.topic = topic;
    this.listedAdapters = listedAdapters;
  }

  @Override
  public void open(OpenContext context) throws IOException {
    stage =
        new Stage(
            getRuntimeContext()
                .getState(new ValueStateDescriptor<>(HEAD, ChainHeadSerializer.INSTANCE)),
            new ServingRecordWriter(wire, topic),
            new PublishMetrics(getRuntimeContext().getMetricGroup(), listedAdapters));
  }

  @Override
  public void processElement(Snapshot candidate, Context context, Collector<ServingRecord> out)
      throws IOException {
    if (stage == null) {
      throw new IllegalStateException("not open");
    }
    stage.publish(candidate, out);
  }

  /** What there is between open and close. */
  private record Stage(
      ValueState<@Nullable ChainHead> head, ServingRecordWriter writer, PublishMetrics metrics) {

    void publish(Snapshot candidate, Collector<ServingRecord> out) throws IOException {
      ChainHead stored = head.value();
      ChainHead before = stored == null ? ChainHead.NONE : stored;
      Snapshot version = before.next(candidate);
      writer.write(version, before, out::collect);
      head.update(ChainHead.of(version.manifest()));
      metrics.published(version.manifest(), System.currentTimeMillis());
    }
  }
}
