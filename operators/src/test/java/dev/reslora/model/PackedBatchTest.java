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
              2);
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
      assertThat(PackedBatch.of(manager, List.of(two, one, one, two), 0).groups())
          .containsExactly(2, 1, 2, 2);
    }
  }
}
