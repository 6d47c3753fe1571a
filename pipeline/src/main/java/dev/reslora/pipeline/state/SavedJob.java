package dev.reslora.pipeline.state;

import dev.reslora.operator.FlinkFiles;
import dev.reslora.operator.SavedState;
import dev.reslora.pipeline.ResLoraTopology;
import dev.reslora.pipeline.StateBackendKind;
import dev.reslora.schema.RootCause;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.training.IncompatibleStateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.fs.Path;
import org.apache.flink.state.api.OperatorIdentifier;
import org.apache.flink.state.api.OperatorTransformation;
import org.apache.flink.state.api.SavepointReader;
import org.apache.flink.state.api.SavepointWriter;
import org.apache.flink.state.api.functions.KeyedStateReaderFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.collect.CollectSinkOperatorFactory;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * A savepoint or checkpoint of the job, read by a small Flink job in this process.
 *
 * @param path its directory, a path or URI of a file system that Flink knows
 * @param backend that the job ran with; a canonical savepoint is any backend's
 */
public record SavedJob(String path, StateBackendKind backend) {

  private static final OperatorIdentifier TRAIN = OperatorIdentifier.forUid(ResLoraTopology.TRAIN);
  private static final OperatorIdentifier PUBLISH =
      OperatorIdentifier.forUid(ResLoraTopology.PUBLISH);

  /** Adapter, entry, bytes. */
  private static final TypeInformation<Tuple3<String, String, byte[]>> ENTRY =
      Types.TUPLE(
          Types.STRING, Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

  /** Several entries, of which none is larger than 4 MiB. */
  private static final MemorySize FETCHED_AT_ONCE = MemorySize.ofMebiBytes(32);

  /**
   * The newest version of an adapter.
   *
   * @param number 0 before the first
   * @param digest of its manifest; empty before the first
   */
  public record Published(long number, String digest) {

    /** Nothing yet. */
    public static final Published NOTHING = new Published(0, "");
  }

  /** Takes an adapter's sections. */
  public interface Adapters {
    void take(String adapterId, SortedMap<String, byte[]> sections) throws IOException;
  }

  /**
   * Hands on every adapter's sections, or one's, each whole and one after the other.
   *
   * @param adapterId the one that is wanted; null: all
   * @throws IOException when there is no such savepoint, or none of this job
   */
  public void adapters(@Nullable String adapterId, Adapters adapters) throws IOException {
    Collecting collecting = new Collecting(adapters);
    read("adapters", reader -> entries(reader, adapterId), collecting::entry);
    collecting.end();
  }

  /** Entries of one adapter come together. */
  private static final class Collecting {

    private final Adapters adapters;
    private final SortedMap<String, byte[]> entries = new TreeMap<>();
    private @Nullable String current;

    Collecting(Adapters adapters) {
      this.adapters = adapters;
    }

    void entry(Tuple3<String, String, byte[]> entry) throws IOException {
      if (!entry.f0.equals(current)) {
        end();
        current = entry.f0;
      }
      entries.put(entry.f1, entry.f2);
    }

    void end() throws IOException {
      if (current != null) {
        adapters.take(current, SavedState.sections(current, entries));
        entries.clear();
      }
    }
  }

  /** The newest version of each adapter that has one. */
  public SortedMap<String, Published> published() throws IOException {
    SortedMap<String, Published> published = new TreeMap<>();
    read(
        "versions",
        reader ->
            reader.readKeyedState(
                PUBLISH,
                new Heads(),
                Types.STRING,
                Types.TUPLE(Types.STRING, Types.LONG, Types.STRING)),
        head -> published.put(head.f0, new Published(head.f1, head.f2)));
    return published;
  }

  /**
   * Writes a savepoint with these adapters besides, from which the job starts as from this one.
   *
   * @param more sections by adapter id; none of them is here already
   * @param target its directory, which must not exist
   */
  public void with(Map<String, SortedMap<String, byte[]>> more, String target) throws IOException {
    ArrayList<Tuple3<String, String, byte[]>> added = new ArrayList<>();
    more.forEach(
        (adapterId, sections) ->
            SavedState.entries(sections)
                .forEach((name, bytes) -> added.add(Tuple3.of(adapterId, name, bytes))));
    StreamExecutionEnvironment environment = environment();
    FlinkFiles.at(new Path(target));
    try {
      DataStream<Tuple3<String, String, byte[]>> all =
          entries(SavepointReader.read(environment, path), null)
              .union(environment.fromData(added, ENTRY));
      SavepointWriter.fromExistingSavepoint(environment, path)
          .removeOperator(TRAIN)
          .withOperator(
              TRAIN,
              OperatorTransformation.bootstrapWith(all)
                  .keyBy(entry -> entry.f0, Types.STRING)
                  .transform(new PutEntries()))
          .write(target);
      environment.execute("state import");
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private static DataStream<Tuple3<String, String, byte[]>> entries(
      SavepointReader reader, @Nullable String wanted) throws IOException {
    return reader
        .readKeyedState(TRAIN, new EntriesOf(wanted), Types.STRING, ENTRY)
        .filter(entry -> !entry.f1.isEmpty());
  }

  private interface Reading<T> {
    DataStream<T> of(SavepointReader reader) throws IOException;
  }

  private interface Taking<T> {
    void take(T value) throws IOException;
  }

  @SuppressWarnings("try") // closing may be interrupted, which failed() takes care of
  private <T> void read(String what, Reading<T> reading, Taking<T> taking) throws IOException {
    StreamExecutionEnvironment environment = environment();
    try (CloseableIterator<T> values =
        reading.of(SavepointReader.read(environment, path)).executeAndCollect(what)) {
      while (values.hasNext()) {
        taking.take(values.next());
      }
    } catch (Exception e) {
      throw failed(e);
    }
  }

  /** One subtask, so that what lies under one key comes together. */
  private StreamExecutionEnvironment environment() throws IOException {
    FlinkFiles.at(new Path(path));
    Configuration flink = new Configuration();
    flink.set(StateBackendOptions.STATE_BACKEND, backend.label());
    flink.set(CollectSinkOperatorFactory.MAX_BATCH_SIZE, FETCHED_AT_ONCE);
    return StreamExecutionEnvironment.createLocalEnvironment(1, flink);
  }

  private IOException failed(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    if (e instanceof IncompatibleStateException refusal) {
      throw refusal;
    }
    return new IOException("savepoint %s: %s".formatted(path, RootCause.message(e)), e);
  }

  /**
   * Entries of one adapter, or of all. An entry without a name stands for the others, for Flink
   * fails on a key that nothing is read of.
   */
  private static final class EntriesOf
      extends KeyedStateReaderFunction<String, Tuple3<String, String, byte[]>> {

    private final @Nullable String wanted;
    private transient @Nullable MapState<String, byte[]> state;

    EntriesOf(@Nullable String wanted) {
      this.wanted = wanted;
    }

    @Override
    public void open(OpenContext context) {
      state = getRuntimeContext().getMapState(SavedState.adapters());
    }

    @Override
    public void readKey(
        String adapterId, Context context, Collector<Tuple3<String, String, byte[]>> out)
        throws Exception {
      if (state == null || (wanted != null && !wanted.equals(adapterId))) {
        out.collect(Tuple3.of(adapterId, "", new byte[0]));
        return;
      }
      for (Map.Entry<String, byte[]> entry : state.entries()) {
        out.collect(Tuple3.of(adapterId, entry.getKey(), entry.getValue()));
      }
    }
  }

  private static final class Heads
      extends KeyedStateReaderFunction<String, Tuple3<String, Long, String>> {

    private transient @Nullable ValueState<ChainHead> state;

    @Override
    public void open(OpenContext context) {
      state = getRuntimeContext().getState(SavedState.chainHeads());
    }

    @Override
    public void readKey(
        String adapterId, Context context, Collector<Tuple3<String, Long, String>> out)
        throws Exception {
      ChainHead head = state == null ? null : state.value();
      if (head != null) {
        out.collect(Tuple3.of(adapterId, head.version(), head.digest()));
      }
    }
  }
}
