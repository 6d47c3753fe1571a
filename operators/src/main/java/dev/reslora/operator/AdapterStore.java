package dev.reslora.operator;

import dev.reslora.training.IncompatibleStateException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;

/**
 * An adapter's sections in keyed state, under the current key. Beside them an entry holds the
 * number of this form; what a section holds, and its own version, is the trainer's matter.
 */
final class AdapterStore {

  /** The state; its name and serializers are part of every savepoint. */
  static final MapStateDescriptor<String, byte[]> DESCRIPTOR =
      new MapStateDescriptor<>(
          "adapter", StringSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE);

  static final String FORMAT_ENTRY = "@format";
  static final int FORMAT = 1;

  /** A value passes through one array and the backend's native border; larger ones double there. */
  static final int MAX_SECTION_BYTES = 4 << 20;

  private final MapState<String, byte[]> state;

  AdapterStore(MapState<String, byte[]> state) {
    this.state = state;
  }

  /** Whether the current key has no adapter yet. */
  boolean isEmpty() throws Exception {
    return !state.contains(FORMAT_ENTRY);
  }

  /**
   * The current key's sections.
   *
   * @throws IncompatibleStateException when they are of a form that this release does not know
   */
  SortedMap<String, byte[]> read(String adapterId) throws Exception {
    SortedMap<String, byte[]> entries = new TreeMap<>();
    for (Map.Entry<String, byte[]> entry : state.entries()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    return sections(adapterId, entries);
  }

  /**
   * The sections among a key's entries.
   *
   * @throws IncompatibleStateException when they are of a form that this release does not know
   */
  static SortedMap<String, byte[]> sections(String adapterId, Map<String, byte[]> entries) {
    SortedMap<String, byte[]> sections = new TreeMap<>(entries);
    byte[] format = sections.remove(FORMAT_ENTRY);
    if (format == null || format.length != Integer.BYTES) {
      throw new IncompatibleStateException(
          "adapter "
              + adapterId
              + ": expected a state format, found none; this is no state of ours");
    }
    int found = ByteBuffer.wrap(format).getInt();
    if (found != FORMAT) {
      throw new IncompatibleStateException(
          "adapter %s: expected state format %d, found %d; restore it with the release that wrote it"
              .formatted(adapterId, FORMAT, found));
    }
    return sections;
  }

  /**
   * Replaces the current key's sections.
   *
   * @param stored names that lie there now
   * @return names that lie there after
   */
  Set<String> write(String adapterId, SortedMap<String, byte[]> sections, Set<String> stored)
      throws Exception {
    for (Map.Entry<String, byte[]> section : sections.entrySet()) {
      check(adapterId, section.getKey(), section.getValue().length);
    }
    for (String name : stored) {
      if (!sections.containsKey(name)) {
        state.remove(name);
      }
    }
    state.putAll(entries(sections));
    return new HashSet<>(sections.keySet());
  }

  /** Removes all that the current key has. */
  void clear() {
    state.clear();
  }

  /** What lies under a key: its sections and the form. */
  static SortedMap<String, byte[]> entries(SortedMap<String, byte[]> sections) {
    SortedMap<String, byte[]> entries = new TreeMap<>(sections);
    entries.put(FORMAT_ENTRY, ByteBuffer.allocate(Integer.BYTES).putInt(FORMAT).array());
    return entries;
  }

  private static void check(String adapterId, String name, int bytes) {
    if (name.equals(FORMAT_ENTRY) || bytes > MAX_SECTION_BYTES) {
      throw new IllegalStateException(
          "adapter %s, section %s: expected another name than %s and at most %d bytes, found %d"
              .formatted(adapterId, name, FORMAT_ENTRY, MAX_SECTION_BYTES, bytes));
    }
  }
}
