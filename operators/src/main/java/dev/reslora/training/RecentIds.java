package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The ids of the last examples, with the records that they came in: the same id in another record
 * is a duplicate, in the same one it is of a further piece of a long text. Of what has no id
 * nothing is known. Ids and records are 64-bit hashes; two ids of one hash would be taken for one,
 * by chance once in 2^64 / window examples.
 */
final class RecentIds {

  private final int window;
  private final Map<Long, Long> records = new LinkedHashMap<>();

  RecentIds(int window) {
    this.window = window;
  }

  /** Whether the example's id has come in another record. */
  boolean repeats(TokenizedExample example) {
    if (!looksAt(example)) {
      return false;
    }
    Long before = records.get(id(example));
    return before != null && before != record(example);
  }

  /** Takes an example that is no duplicate. */
  void add(TokenizedExample example) {
    if (looksAt(example)) {
      records.putIfAbsent(id(example), record(example));
      trim();
    }
  }

  /** An example that was taken may come again, for it was refused after all. */
  void remove(TokenizedExample example) {
    if (looksAt(example)) {
      records.remove(id(example), record(example));
    }
  }

  private boolean looksAt(TokenizedExample example) {
    return window > 0 && !example.exampleId().isBlank();
  }

  private static long id(TokenizedExample example) {
    return Seeds.of(0, example.exampleId());
  }

  private static long record(TokenizedExample example) {
    return Seeds.draw(Seeds.of(example.partition(), example.topic()), example.offset());
  }

  private void trim() {
    Iterator<Long> oldest = records.keySet().iterator();
    while (records.size() > window) {
      oldest.next();
      oldest.remove();
    }
  }

  long heapBytes() {
    return HeapBytes.ID * records.size();
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(records.size());
    for (Map.Entry<Long, Long> entry : records.entrySet()) {
      out.writeLong(entry.getKey());
      out.writeLong(entry.getValue());
    }
  }

  static RecentIds read(int window, DataInput in) throws IOException {
    RecentIds ids = new RecentIds(window);
    for (int count = in.readInt(); count > 0; count--) {
      ids.records.put(in.readLong(), in.readLong());
    }
    ids.trim();
    return ids;
  }
}
