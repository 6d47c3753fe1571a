package dev.reslora.operator;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Files of retired versions, until they may go: when the second checkpoint that holds their
 * tombstones is complete. With the first one their transaction is committed, by the sink and maybe
 * after this was told of it; from there on no recovery goes back to where the version was not
 * retired. A checkpoint that failed, or whose completion was not told, is none of the two.
 */
final class RetiredFiles {

  private final List<String> fresh = new ArrayList<>();
  private final NavigableMap<Long, List<String>> byCheckpoint = new TreeMap<>();
  private final List<String> completed = new ArrayList<>();

  void add(String dataref) {
    fresh.add(dataref);
  }

  /** What was pending in the state that this goes on from. */
  void restore(Iterable<String> pending) {
    pending.forEach(fresh::add);
  }

  /** Binds what was retired since the last checkpoint to this one; returns all that is pending. */
  List<String> checkpoint(long id) {
    if (!fresh.isEmpty()) {
      byCheckpoint.put(id, List.copyOf(fresh));
      fresh.clear();
    }
    return Stream.concat(
            completed.stream(), byCheckpoint.values().stream().flatMap(Collection::stream))
        .toList();
  }

  /** Takes a file away. */
  interface Removal {
    void remove(String dataref) throws IOException;
  }

  /** Removes what was in a complete checkpoint before this one, which is complete. */
  void complete(long id, Removal removal) throws IOException {
    for (String file : completed) {
      removal.remove(file);
    }
    completed.clear();
    NavigableMap<Long, List<String>> held = byCheckpoint.headMap(id, true);
    held.values().forEach(completed::addAll);
    held.clear();
  }
}
