package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergerTest {

  private static final int LAYERS = 12;

  /** It would learn for as long as it likes and fail at each snapshot. */
  @Test
  void refusesARankThatNoServerLoads() {
    AdapterShape all = shape(Shortcut.BLOCK, 64, -1, 768);
    assertThatThrownBy(() -> Merger.checkRanks(all, Merge.EXACT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("adapter.rank 64: with 12 linked blocks")
        .hasMessageContaining("snapshots of rank 768, and servers load 512")
        .hasMessageContaining("adapter.pre-num")
        .hasMessageContaining("snapshot.merge to truncated");
    assertThatCode(() -> Merger.checkRanks(all, Merge.TRUNCATED)).doesNotThrowAnyException();
    assertThatCode(() -> Merger.checkRanks(shape(Shortcut.BLOCK, 64, 7, 768), Merge.EXACT))
        .doesNotThrowAnyException();
    assertThatCode(() -> Merger.checkRanks(shape(Shortcut.INPUT, 512, 1, 768), Merge.LEAST_SQUARES))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesToTruncateToMoreThanThereIs() {
    assertThatThrownBy(() -> Merger.checkRanks(shape(Shortcut.BLOCK, 9, 1, 8), Merge.TRUNCATED))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("adapter.rank 9: snapshot.merge truncated takes at most 8");
  }

  private static AdapterShape shape(Shortcut shortcut, int rank, int preNum, int width) {
    List<Projection> projections = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      projections.add(
          new Projection("layers." + layer + ".query", "layers.query", width, width, layer, 0));
    }
    return AdapterShape.of(
        new ResLoraConfig(rank, 1, shortcut, preNum, 0, List.of("query")),
        projections,
        Collections.nCopies(LAYERS, false));
  }
}
