package dev.reslora.pipeline.state;

import dev.reslora.operator.SavedState;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.state.api.functions.KeyedStateBootstrapFunction;
import org.jspecify.annotations.Nullable;

/** Fills the train stage's state of a new savepoint: adapter, entry, bytes. */
final class PutEntries extends KeyedStateBootstrapFunction<String, Tuple3<String, String, byte[]>> {

  private transient @Nullable MapState<String, byte[]> state;

  @Override
  public void open(OpenContext context) {
    state = getRuntimeContext().getMapState(SavedState.adapters());
  }

  @Override
  public void processElement(Tuple3<String, String, byte[]> entry, Context context)
      throws Exception {
    if (state != null) {
      state.put(entry.f1, entry.f2);
    }
  }
}
