package dev.reslora.operator;

import dev.reslora.snapshot.ChainHead;
import dev.reslora.training.IncompatibleStateException;
import java.util.Map;
import java.util.SortedMap;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;

/** The job's keyed state, by adapter id, for those that read a savepoint or make one. */
public final class SavedState {

  private SavedState() {}

  /** Of the train stage: an adapter's sections and the number of their form. */
  public static MapStateDescriptor<String, byte[]> adapters() {
    return AdapterStore.DESCRIPTOR;
  }

  /** Of the publish stage: the newest version of an adapter. */
  public static ValueStateDescriptor<ChainHead> chainHeads() {
    return new ValueStateDescriptor<>(PublishFunction.HEAD, ChainHeadSerializer.INSTANCE);
  }

  /**
   * An adapter's sections among the entries of {@link #adapters}.
   *
   * @throws IncompatibleStateException when they are of a form that this release does not know
   */
  public static SortedMap<String, byte[]> sections(String adapterId, Map<String, byte[]> entries) {
    return AdapterStore.sections(adapterId, entries);
  }

  /** The entries of {@link #adapters} for these sections. */
  public static SortedMap<String, byte[]> entries(SortedMap<String, byte[]> sections) {
    return AdapterStore.entries(sections);
  }
}
