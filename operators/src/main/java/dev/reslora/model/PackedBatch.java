package dev.reslora.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences side by side, without padding, sorted by length (equal lengths in the caller's order).
 * Behind them there may be a filler, one more sequence that nobody asks about: see {@link
 * BaseModel#packForTraining}.
 *
 * @param sequences the caller's
 * @param tokens ids, positions and segments, [3, T] int64, the filler's among them
 * @param groups how many, and how long: a pair for each length, the filler's last
 * @param rows first token of each sequence, [S] int64, the filler's last
 * @param order the caller's index of each packed sequence
 * @param size tokens of the caller's sequences
 * @param filler tokens of the filler, 0 where there is none
 */
public record PackedBatch(
    List<Sequence> sequences,
    NDArray tokens,
    int[] groups,
    NDArray rows,
    int[] order,
    int size,
    int filler) {

  /**
   * A sequence.
   *
   * @param ids token ids, at least one
   * @param segments token types of the same length; empty when all are 0
   */
  public record Sequence(int[] ids, int[] segments) {}

  /** Tokens of each of the caller's sequences, in the packed order. */
  int[] lengths() {
    return IntStream.range(0, groups.length / 2)
        .flatMap(i -> IntStream.generate(() -> groups[2 * i + 1]).limit(groups[2 * i]))
        .limit(order.length)
        .toArray();
  }

  /** Packed sequences, the filler among them. */
  int count() {
    return order.length + (filler > 0 ? 1 : 0);
  }

  /**
   * Packs sequences.
   *
   * @param positionOffset position of a sequence's first token
   * @param multiple what the number of tokens is filled up to a multiple of
   */
  static PackedBatch of(
      NDManager owner, List<Sequence> sequences, int positionOffset, int multiple) {
    int[] order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> sequences.get(i).ids.length))
            .mapToInt(Integer::intValue)
            .toArray();
    int size = sequences.stream().mapToInt(sequence -> sequence.ids.length).sum();
    int filler = Math.floorMod(-size, multiple);
    int all = size + filler;
    long[] tokens = new long[3 * all];
    long[] rows = new long[order.length + (filler > 0 ? 1 : 0)];
    List<Integer> groups = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < order.length; i++) {
      Sequence sequence = sequences.get(order[i]);
      int length = sequence.ids.length;
      rows[i] = at;
      for (int t = 0; t < length; t++) {
        tokens[at + t] = sequence.ids[t];
        tokens[all + at + t] = (long) positionOffset + t;
        tokens[2 * all + at + t] = sequence.segments.length == 0 ? 0 : sequence.segments[t];
      }
      at += length;
      int last = groups.size() - 1;
      if (last > 0 && groups.get(last) == length) {
        groups.set(last - 1, groups.get(last - 1) + 1);
      } else {
        groups.add(1);
        groups.add(length);
      }
    }
    if (filler > 0) {
      // Id 0 all along, at the first position, which every model has.
      rows[order.length] = size;
      Arrays.fill(tokens, all + size, 2 * all, positionOffset);
      groups.add(1);
      groups.add(filler);
    }
    return new PackedBatch(
        List.copyOf(sequences),
        Torch.integers(owner, tokens, 3, all),
        groups.stream().mapToInt(Integer::intValue).toArray(),
        Torch.integers(owner, rows, rows.length),
        order,
        size,
        filler);
  }
}
