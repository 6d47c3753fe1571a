package dev.reslora.operator;

import dev.reslora.schema.ForkId;
import dev.reslora.snapshot.ChainHead;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.jspecify.annotations.Nullable;

/**
 * Heads of the chains that are kept under one key: the adapter's own, and those of its forks.
 *
 * @param own of the adapter
 * @param forks by the fork's id; of deleted ones too, for their numbers go on
 */
record ChainHeads(ValueState<@Nullable ChainHead> own, MapState<String, ChainHead> forks) {

  /**
   * The head of an adapter's or a fork's chain; null before its first version.
   *
   * @param adapterId of the current key
   */
  @Nullable ChainHead of(String adapterId) throws Exception {
    return isFork(adapterId) ? forks.get(adapterId) : own.value();
  }

  void update(String adapterId, ChainHead head) throws Exception {
    if (isFork(adapterId)) {
      forks.put(adapterId, head);
    } else {
      own.update(head);
    }
  }

  private static boolean isFork(String adapterId) {
    return ForkId.parse(adapterId).isPresent();
  }
}
