package dev.reslora.operator;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Files of retired versions, until they may go: when the checkpoint after the one that holds their
 * tombstones is complete. By then the transaction with the tombstones has been committed, and no
 * recovery goes back to where the version was not retired.
 */
final class RetiredFiles {

  private final List<String> fresh = new ArrayList<>();
  private final NavigableMap<Long, List<String>> byCheckpoint = new TreeMap<>();

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
    return byCheckpoint.values().stream().flatMap(Collection::stream).toList();
  }

  /** Takes a file away. */
  interface Removal {
    void remove(String dataref) throws IOException;
  }

  /** Removes what was bound to checkpoints before this one, which is complete. */
  void complete(long id, Removal removal) throws IOException {
    NavigableMap<Long, List<String>> ripe = byCheckpoint.headMap(id, false);
    for (List<String> files : ripe.values()) {
      for (String file : files) {
        removal.remove(file);
      }
    }
    ripe.clear();
  }
}
