package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import dev.reslora.text.TokenizedExampleCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Examples in order, with their tokens counted: an unfinished batch, or the recent past. */
final class ExampleQueue {

  private final Deque<TokenizedExample> examples = new ArrayDeque<>();
  private long tokens;
  private long bytes;

  void add(TokenizedExample example) {
    examples.addLast(example);
    tokens += example.tokens().length;
    bytes += HeapBytes.of(example);
  }

  /** Forgets the oldest while there are more tokens than this; keeps at least one example. */
  void keepTokens(long most) {
    while (tokens > most && examples.size() > 1) {
      TokenizedExample oldest = examples.removeFirst();
      tokens -= oldest.tokens().length;
      bytes -= HeapBytes.of(oldest);
    }
  }

  /** The newest of this id. */
  @Nullable TokenizedExample find(String id) {
    Iterator<TokenizedExample> newest = examples.descendingIterator();
    while (newest.hasNext()) {
      TokenizedExample example = newest.next();
      if (example.exampleId().equals(id)) {
        return example;
      }
    }
    return null;
  }

  /** Puts another in an example's place. */
  void replace(TokenizedExample example, TokenizedExample other) {
    for (TokenizedExample each : drain()) {
      add(each.equals(example) ? other : each);
    }
  }

  int size() {
    return examples.size();
  }

  long tokens() {
    return tokens;
  }

  long heapBytes() {
    return bytes;
  }

  /** Everything, oldest first. */
  List<TokenizedExample> all() {
    return List.copyOf(examples);
  }

  /** Everything, oldest first; empty after. */
  List<TokenizedExample> drain() {
    List<TokenizedExample> all = new ArrayList<>(examples);
    examples.clear();
    tokens = 0;
    bytes = 0;
    return all;
  }

  /** Everything, oldest first, in batches of at most this many tokens (or one example). */
  List<List<TokenizedExample>> batches(long most) {
    List<List<TokenizedExample>> batches = new ArrayList<>();
    List<TokenizedExample> batch = new ArrayList<>();
    long size = 0;
    for (TokenizedExample example : examples) {
      if (!batch.isEmpty() && size + example.tokens().length > most) {
        batches.add(batch);
        batch = new ArrayList<>();
        size = 0;
      }
      batch.add(example);
      size += example.tokens().length;
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(examples.size());
    for (TokenizedExample example : examples) {
      TokenizedExampleCodec.write(example, out);
    }
  }

  static ExampleQueue read(DataInput in) throws IOException {
    ExampleQueue queue = new ExampleQueue();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      queue.add(TokenizedExampleCodec.read(in));
    }
    return queue;
  }
}
