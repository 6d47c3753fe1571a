package dev.reslora.operator;

import dev.reslora.training.AdapterOverrides;
import dev.reslora.training.TrainingEvent;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * The adapters whose tensors are live: a cache of keyed state, bounded by native bytes and by bytes
 * of Java heap. An adapter is restored when it is first touched, and written when it has to make
 * room or a checkpoint is taken, each time only if it changed. One adapter may be larger than a
 * bound; it is then alone.
 */
final class LiveAdapters implements AutoCloseable {

  private final AdapterSessions sessions;
  private final AdapterStore store;
  private final Consumer<String> currentKey;
  private final Bounds bounds;

  /** Least recently used first. */
  private final Map<String, Live> byUse = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;
  private long heapBytes;
  private long hits;
  private long restored;
  private long evictions;
  private long written;

  /**
   * @param currentKey moves the store to an adapter's key
   */
  LiveAdapters(
      AdapterSessions sessions, AdapterStore store, Consumer<String> currentKey, Bounds bounds) {
    this.sessions = sessions;
    this.store = store;
    this.currentKey = currentKey;
    this.bounds = bounds;
  }

  /** How much all that are live may take: native bytes, and bytes of Java heap by estimate. */
  record Bounds(long bytes, long heapBytes) {}

  /** What an adapter is while it is live. */
  private static final class Live {
    final AdapterSession session;
    Set<String> stored;
    long bytes;
    long heapBytes;

    Live(AdapterSession session, Set<String> stored) {
      this.session = session;
      this.stored = stored;
    }
  }

  /** Whether the adapter of the current key exists, live or in state. */
  boolean exists(String adapterId) throws Exception {
    return byUse.containsKey(adapterId) || !store.isEmpty();
  }

  /** The adapter of the current key: live, restored or new. */
  AdapterSession touch(String adapterId) throws Exception {
    return touch(adapterId, AdapterOverrides.NONE);
  }

  /** The adapter of the current key: live, restored or new with options of its own. */
  AdapterSession touch(String adapterId, AdapterOverrides overrides) throws Exception {
    Live live = byUse.get(adapterId);
    if (live == null) {
      live = open(adapterId, overrides);
      byUse.put(adapterId, live);
      measure(live);
    } else {
      hits++;
    }
    return live.session;
  }

  /** The adapter of the current key is gone, from here and from state. */
  void delete(String adapterId) throws Exception {
    Live live = byUse.remove(adapterId);
    if (live != null) {
      drop(live);
    }
    store.clear();
  }

  private Live open(String adapterId, AdapterOverrides overrides) throws Exception {
    if (store.isEmpty()) {
      return new Live(sessions.create(adapterId, overrides), Set.of());
    }
    restored++;
    SortedMap<String, byte[]> sections = store.read(adapterId);
    return new Live(sessions.restore(adapterId, sections), Set.copyOf(sections.keySet()));
  }

  /** After work on the adapter of the current key: makes room if it grew. The key stays. */
  void settle(String adapterId) throws Exception {
    Live used = byUse.get(adapterId);
    if (used == null) {
      return;
    }
    measure(used);
    if (full() && byUse.size() > 1) {
      evictOthers(used);
      currentKey.accept(adapterId);
    }
  }

  /** Trains the micro-batches of live adapters that are due, in one pass over the base model. */
  List<List<TrainingEvent>> trainTogether(List<AdapterSession> due) {
    return sessions.trainTogether(due);
  }

  /** Whether settling would close some. */
  boolean full() {
    return bytes > bounds.bytes || heapBytes > bounds.heapBytes;
  }

  private void measure(Live live) {
    long now = live.session.bytes();
    long heapNow = live.session.heapBytes();
    bytes += now - live.bytes;
    heapBytes += heapNow - live.heapBytes;
    live.bytes = now;
    live.heapBytes = heapNow;
  }

  private void drop(Live live) {
    bytes -= live.bytes;
    heapBytes -= live.heapBytes;
    live.session.close();
  }

  private void evictOthers(Live kept) throws Exception {
    Iterator<Map.Entry<String, Live>> eldest = byUse.entrySet().iterator();
    while (full() && eldest.hasNext()) {
      Map.Entry<String, Live> entry = eldest.next();
      Live live = entry.getValue();
      if (live != kept) {
        write(entry.getKey(), live);
        eldest.remove();
        evictions++;
        drop(live);
      }
    }
  }

  /** Writes every adapter that changed, under its own key; the current key is any of them after. */
  void flush() throws Exception {
    for (Map.Entry<String, Live> entry : byUse.entrySet()) {
      write(entry.getKey(), entry.getValue());
    }
  }

  private void write(String adapterId, Live live) throws Exception {
    if (live.session.changed()) {
      currentKey.accept(adapterId);
      SortedMap<String, byte[]> sections = live.session.checkpoint();
      live.stored = store.write(adapterId, sections, live.stored);
      written += sections.values().stream().mapToLong(section -> section.length).sum();
    }
  }

  int count() {
    return byUse.size();
  }

  long bytes() {
    return bytes;
  }

  long heapBytes() {
    return heapBytes;
  }

  /** Times that an adapter was touched and live. */
  long hits() {
    return hits;
  }

  /** Times that an adapter was read back from state. */
  long restored() {
    return restored;
  }

  long evictions() {
    return evictions;
  }

  /** Bytes written to state. */
  long written() {
    return written;
  }

  /** Native arrays of the whole process. */
  int arrays() {
    return sessions.arrays();
  }

  /** Frees every live adapter, then what they were opened by. Nothing is written. */
  @Override
  public void close() {
    byUse.values().forEach(live -> live.session.close());
    byUse.clear();
    bytes = 0;
    heapBytes = 0;
    sessions.close();
  }
}
