package dev.reslora.operator;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adapters whose full micro-batches wait to be trained together, longest first. */
final class DueAdapters {

  private final int most;
  private final int mostTokens;
  private final Map<String, AdapterSession> waiting = new LinkedHashMap<>();
  private long tokens;

  /**
   * @param most adapters in a pass
   * @param mostTokens of a pass, but for one micro-batch that alone has more
   */
  DueAdapters(int most, int mostTokens) {
    this.most = most;
    this.mostTokens = mostTokens;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  boolean contains(String adapterId) {
    return waiting.containsKey(adapterId);
  }

  /** Whether these tokens still belong in the pass. */
  boolean takes(long more) {
    return waiting.isEmpty() || tokens + more <= mostTokens;
  }

  void add(String adapterId, AdapterSession session) {
    waiting.put(adapterId, session);
    tokens += session.dueTokens();
  }

  /** Whether nothing more is to be waited for. */
  boolean full() {
    return waiting.size() >= most || tokens >= mostTokens;
  }

  /** Those that waited; none does after. */
  Map<String, AdapterSession> drain() {
    Map<String, AdapterSession> drained = new LinkedHashMap<>(waiting);
    waiting.clear();
    tokens = 0;
    return drained;
  }
}
