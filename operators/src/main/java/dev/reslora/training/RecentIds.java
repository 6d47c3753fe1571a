package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The ids of the last records, as 64-bit hashes, with the offsets where they came: the same id at
 * another offset is a duplicate, at the same one it is a further piece of a long text. Two ids of
 * one hash would be taken for one, by chance once in 2^64 / window records.
 */
final class RecentIds {

  private final int window;
  private final Map<Long, Long> offsets = new LinkedHashMap<>();

  RecentIds(int window) {
    this.window = window;
  }

  /** Whether the example's id is new within the window. */
  boolean add(TokenizedExample example) {
    if (window == 0) {
      return true;
    }
    Long before = offsets.putIfAbsent(Seeds.of(0, example.exampleId()), example.offset());
    trim();
    return before == null || before == example.offset();
  }

  private void trim() {
    Iterator<Long> oldest = offsets.keySet().iterator();
    while (offsets.size() > window) {
      oldest.next();
      oldest.remove();
    }
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(offsets.size());
    for (Map.Entry<Long, Long> entry : offsets.entrySet()) {
      out.writeLong(entry.getKey());
      out.writeLong(entry.getValue());
    }
  }

  static RecentIds read(int window, DataInput in) throws IOException {
    RecentIds ids = new RecentIds(window);
    for (int count = in.readInt(); count > 0; count--) {
      ids.offsets.put(in.readLong(), in.readLong());
    }
    ids.trim();
    return ids;
  }
}
