package dev.reslora.training;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Examples of each source in the event-time interval of its latest. An example of the interval
 * before counts there too; one from further back begins its own: its clock or the other's is wrong,
 * and a wrong one must not lock a source out.
 */
final class SourceCounts {

  private final SourceConfig config;

  /** Least recently seen first. */
  private final Map<String, Count> counts = new LinkedHashMap<>(16, 0.75f, true);

  private record Count(long interval, int examples) {}

  SourceCounts(SourceConfig config) {
    this.config = config;
  }

  /** Whether an example of a source is within the limit; counts it if it is. */
  boolean admits(String source, long eventTime) {
    if (config.limit() == 0) {
      return true;
    }
    long interval = Math.floorDiv(eventTime, config.interval().toMillis());
    Count before = counts.get(source);
    Count now =
        before == null || interval > before.interval || interval < before.interval - 1
            ? new Count(interval, 0)
            : before;
    boolean admits = now.examples < config.limit();
    counts.put(source, admits ? new Count(now.interval, now.examples + 1) : now);
    trim();
    return admits;
  }

  private void trim() {
    Iterator<String> oldest = counts.keySet().iterator();
    while (counts.size() > config.sources()) {
      oldest.next();
      oldest.remove();
    }
  }

  boolean isEmpty() {
    return counts.isEmpty();
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(counts.size());
    for (Map.Entry<String, Count> entry : counts.entrySet()) {
      out.writeUTF(entry.getKey());
      out.writeLong(entry.getValue().interval);
      out.writeInt(entry.getValue().examples);
    }
  }

  /** What {@link #write} wrote; another interval begins all counts anew. */
  SourceCounts read(DataInput in) throws IOException {
    for (int count = in.readInt(); count > 0; count--) {
      counts.put(in.readUTF(), new Count(in.readLong(), in.readInt()));
    }
    trim();
    return this;
  }
}
