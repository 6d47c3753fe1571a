package dev.reslora.training;

import dev.reslora.text.TokenizedExample;
import dev.reslora.text.TokenizedExampleCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Examples by their ids, in the order they came, with their bytes counted. */
final class ExamplesById {

  private final Map<String, TokenizedExample> examples = new LinkedHashMap<>();
  private long bytes;

  /** No event time is earlier than this one; saves looking at each. */
  private long earliest = Long.MAX_VALUE;

  /** Takes an example as the newest, in place of one of the same id. */
  void put(TokenizedExample example) {
    remove(example.exampleId());
    examples.put(example.exampleId(), example);
    bytes += Reservoir.size(example);
    earliest = Math.min(earliest, example.eventTime());
  }

  @Nullable TokenizedExample get(String id) {
    return examples.get(id);
  }

  void remove(String id) {
    TokenizedExample gone = examples.remove(id);
    if (gone != null) {
      bytes -= Reservoir.size(gone);
    }
  }

  /** Removes the oldest beyond these bounds, and returns them. */
  List<TokenizedExample> keep(long mostBytes, int most) {
    List<TokenizedExample> gone = new ArrayList<>();
    Iterator<TokenizedExample> oldest = examples.values().iterator();
    while (bytes > mostBytes || examples.size() > most) {
      TokenizedExample example = oldest.next();
      oldest.remove();
      bytes -= Reservoir.size(example);
      gone.add(example);
    }
    return gone;
  }

  /** Removes those of an earlier event time, and returns them, oldest first. */
  List<TokenizedExample> removeBefore(long eventTime) {
    if (eventTime <= earliest) {
      return List.of();
    }
    List<TokenizedExample> gone =
        examples.values().stream().filter(example -> example.eventTime() < eventTime).toList();
    gone.forEach(example -> remove(example.exampleId()));
    earliest = Long.MAX_VALUE;
    examples.values().forEach(one -> earliest = Math.min(earliest, one.eventTime()));
    return gone;
  }

  boolean isEmpty() {
    return examples.isEmpty();
  }

  /** Bytes of what is there, as {@link Reservoir#size} counts them. */
  long bytes() {
    return bytes;
  }

  long heapBytes() {
    return HeapBytes.of(bytes, examples.size());
  }

  /** Everything, oldest first. */
  List<TokenizedExample> all() {
    return List.copyOf(examples.values());
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(examples.size());
    for (TokenizedExample example : examples.values()) {
      TokenizedExampleCodec.write(example, out);
    }
  }

  static ExamplesById read(DataInput in) throws IOException {
    ExamplesById examples = new ExamplesById();
    for (int count = in.readInt(); count > 0; count--) {
      examples.put(TokenizedExampleCodec.read(in));
    }
    return examples;
  }
}
