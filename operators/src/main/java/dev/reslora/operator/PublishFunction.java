package dev.reslora.operator;

import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.ServingRecordWriter;
import dev.reslora.snapshot.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publish stage, keyed as the train stage is: numbers each candidate from the train stage,
 * binds it to the version before, retires versions beyond those that are retained, and sends the
 * records to the serving topic's sink. A version's records leave in one call, so no barrier falls
 * between them and a transaction holds all of a version or none.
 *
 * <p>A payload above the inline limit goes to the store before its manifest goes out, so no
 * manifest names a file that is not there. Files of retired versions are removed once their
 * tombstones are committed.
 *
 * <p>Of an adapter that was deleted every version is retired; should it begin anew, its versions go
 * on with the next number, bound to the last one before.
 *
 * <p>A fork is an adapter of its own for those who read, with a chain of its own. Its head is kept
 * under the key of the adapter that it was, on whose subtask it is made.
 *
 * <p>Keeps the chain's head, and the files to be removed; a restart goes on with the number and the
 * parent of the checkpoint.
 */
public final class PublishFunction
    extends KeyedProcessFunction<String, PublishRequest, ServingRecord>
    implements CheckpointedFunction, CheckpointListener {

  /** Name of the state that holds the chain's head; part of every savepoint. */
  static final String HEAD = "chain-head";

  /** Name of the state that holds files of retired versions; part of every savepoint. */
  static final String RETIRED = "retired-files";

  /** Heads of forks' chains, by the fork's id; part of every savepoint. */
  private static final MapStateDescriptor<String, ChainHead> FORK_HEADS =
      new MapStateDescriptor<>(
          "fork-heads", StringSerializer.INSTANCE, ChainHeadSerializer.INSTANCE);

  private static final Logger LOG = LoggerFactory.getLogger(PublishFunction.class);

  private final PublishPlan plan;
  private transient @Nullable Stage stage;
  private transient @Nullable ListState<String> pending;
  private transient @Nullable RetiredFiles retired;

  public PublishFunction(PublishPlan plan) {
    this.plan = plan;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    ListState<String> state =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>(RETIRED, Types.STRING));
    RetiredFiles files = new RetiredFiles();
    files.restore(state.get());
    pending = state;
    retired = files;
  }

  @Override
  public void open(OpenContext context) throws IOException {
    stage =
        new Stage(
            plan,
            new ChainHeads(
                getRuntimeContext().getState(SavedState.chainHeads()),
                getRuntimeContext().getMapState(FORK_HEADS)),
            new ServingRecordWriter(plan.wire(), plan.topic(), plan.retained()),
            plan.store() == null ? null : new SnapshotStore(plan.store()),
            Objects.requireNonNull(retired),
            new PublishMetrics(getRuntimeContext().getMetricGroup(), plan.listedAdapters()));
  }

  @Override
  public void processElement(PublishRequest request, Context context, Collector<ServingRecord> out)
      throws Exception {
    if (stage == null) {
      throw new IllegalStateException("not open");
    }
    if (request.candidate() == null) {
      stage.delete(request.adapterId(), out);
    } else {
      stage.publish(request.candidate(), context.timestamp(), out);
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    Objects.requireNonNull(pending)
        .update(Objects.requireNonNull(retired).checkpoint(context.getCheckpointId()));
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws IOException {
    Objects.requireNonNull(retired).complete(checkpointId, PublishFunction::remove);
  }

  /** A file that stays behind costs room and nothing else. */
  private static void remove(String dataref) {
    try {
      SnapshotStore.remove(dataref);
    } catch (IOException e) {
      LOG.warn("The file {} of a retired version stays behind: {}", dataref, e.toString());
    }
  }

  /** What there is between open and close. */
  private record Stage(
      PublishPlan plan,
      ChainHeads heads,
      ServingRecordWriter writer,
      @Nullable SnapshotStore store,
      RetiredFiles retired,
      PublishMetrics metrics) {

    void publish(Snapshot candidate, @Nullable Long dueMillis, Collector<ServingRecord> out)
        throws Exception {
      String adapterId = candidate.manifest().getAdapterId();
      ChainHead stored = heads.of(adapterId);
      ChainHead before = stored == null ? ChainHead.NONE : stored;
      Snapshot version = before.next(candidate, place(candidate, before.version() + 1));
      writer.write(version, before, out::collect);
      retireFiles(before.retiredByNext(plan.retained()));
      heads.update(adapterId, before.then(version.manifest(), plan.retained()));
      metrics.published(version.manifest(), dueMillis, System.currentTimeMillis());
    }

    /** Nothing goes out for an adapter that never published. */
    void delete(String adapterId, Collector<ServingRecord> out) throws Exception {
      ChainHead last = heads.of(adapterId);
      if (last == null) {
        return;
      }
      writer.delete(adapterId, last, out::collect);
      retireFiles(last.all());
      if (store != null) {
        store.find(adapterId, last.unlisted().from(), last.unlisted().to()).forEach(retired::add);
      }
      heads.update(adapterId, last.deleted());
    }

    private void retireFiles(List<ChainHead.Kept> versions) {
      for (ChainHead.Kept gone : versions) {
        if (!gone.dataref().isEmpty()) {
          retired.add(gone.dataref());
        }
      }
    }

    /** Where the payload lies: in the store once this returns, or empty for the topic. */
    private String place(Snapshot candidate, long version) throws IOException {
      byte[] payload = candidate.payload();
      if (store == null || payload.length <= plan.inlineBytes()) {
        return "";
      }
      return store.put(candidate.manifest().getAdapterId(), version, payload);
    }
  }
}
