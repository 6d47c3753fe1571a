package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.reslora.nn.Torch;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackedBatchTest {

  @Test
  void sortsByLengthAndKeepsTheCallersOrderAmongEquals() {
    try (NDManager manager = Torch.manager("cpu")) {
      PackedBatch batch =
          PackedBatch.of(
              manager,
              List.of(
                  new PackedBatch.Sequence(new int[] {10, 11, 12}, new int[] {0, 0, 1}),
                  new PackedBatch.Sequence(new int[] {20}, new int[0]),
                  new PackedBatch.Sequence(new int[] {30, 31, 32}, new int[0])),
              2,
              1);
      assertThat(batch.size()).isEqualTo(7);
      assertThat(batch.order()).containsExactly(1, 0, 2);
      assertThat(batch.groups()).containsExactly(1, 1, 2, 3);
      assertThat(batch.rows().toLongArray()).containsExactly(0, 1, 4);
      assertThat(batch.tokens().toLongArray())
          .containsExactly(20, 10, 11, 12, 30, 31, 32, 2, 2, 3, 4, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0);
    }
  }

  /** The group's length must not be taken for the count of the one before. */
  @Test
  void groupsLengthsThatEqualCounts() {
    try (NDManager manager = Torch.manager("cpu")) {
      PackedBatch.Sequence one = new PackedBatch.Sequence(new int[] {1}, new int[0]);
      PackedBatch.Sequence two = new PackedBatch.Sequence(new int[] {1, 2}, new int[0]);
      assertThat(PackedBatch.of(manager, List.of(two, one, one, two), 0, 1).groups())
          .containsExactly(2, 1, 2, 2);
    }
  }

  /** One sequence behind the others, at the first position all along; nobody's. */
  @Test
  void fillsUpToAMultipleOfTokens() {
    try (NDManager manager = Torch.manager("cpu")) {
      PackedBatch.Sequence two = new PackedBatch.Sequence(new int[] {7, 8}, new int[] {1, 1});
      PackedBatch.Sequence three = new PackedBatch.Sequence(new int[] {4, 5, 6}, new int[0]);
      PackedBatch batch = PackedBatch.of(manager, List.of(three, two), 2, 8);
      assertThat(batch.size()).isEqualTo(5);
      assertThat(batch.filler()).isEqualTo(3);
      assertThat(batch.count()).isEqualTo(3);
      assertThat(batch.order()).containsExactly(1, 0);
      assertThat(batch.lengths()).containsExactly(2, 3);
      assertThat(batch.groups()).containsExactly(1, 2, 1, 3, 1, 3);
      assertThat(batch.rows().toLongArray()).containsExactly(0, 2, 5);
      assertThat(batch.tokens().toLongArray())
          .containsExactly(7, 8, 4, 5, 6, 0, 0, 0, 2, 3, 2, 3, 4, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0);

      assertThat(PackedBatch.of(manager, List.of(three, two), 2, 5).groups())
          .containsExactly(1, 2, 1, 3);
    }
  }
}
