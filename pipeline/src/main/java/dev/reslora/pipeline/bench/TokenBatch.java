package dev.reslora.pipeline.bench;

import dev.reslora.model.PackedBatch;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One batch, for every contestant.
 *
 * @param ids token ids of each sequence, special tokens among them
 * @param labels of the sequences; for a language model the first token that is predicted
 */
record TokenBatch(List<int[]> ids, int[] labels) {

  private static final int[] NO_SEGMENTS = {};
  private static final int FIRST_PREDICTED = 1;

  /** The same sequences, of which a language model predicts every token but the first. */
  TokenBatch predicted() {
    int[] first = new int[labels.length];
    Arrays.fill(first, FIRST_PREDICTED);
    return new TokenBatch(ids, first);
  }

  List<PackedBatch.Sequence> sequences() {
    return ids.stream().map(each -> new PackedBatch.Sequence(each, NO_SEGMENTS)).toList();
  }

  /** Every sequence as long as the longest, its last token repeated. */
  TokenBatch filled() {
    int longest = IntStream.of(lengths()).max().orElse(0);
    return new TokenBatch(ids.stream().map(each -> filled(each, longest)).toList(), labels);
  }

  private static int[] filled(int[] ids, int length) {
    int[] filled = Arrays.copyOf(ids, length);
    Arrays.fill(filled, ids.length, length, ids[ids.length - 1]);
    return filled;
  }

  /** The same sequences in order, so many at a time; fewer at the end. */
  List<TokenBatch> parts(int size) {
    return IntStream.iterate(0, from -> from < labels.length, from -> from + size)
        .mapToObj(
            from -> {
              int to = Math.min(from + size, labels.length);
              return new TokenBatch(ids.subList(from, to), Arrays.copyOfRange(labels, from, to));
            })
        .toList();
  }

  int[] lengths() {
    return ids.stream().mapToInt(each -> each.length).toArray();
  }

  int tokens() {
    return IntStream.of(lengths()).sum();
  }

  /** Tokens once every sequence is as long as the longest. */
  int padded() {
    return ids.size() * IntStream.of(lengths()).max().orElse(0);
  }
}
