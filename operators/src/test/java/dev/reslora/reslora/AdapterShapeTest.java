package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdapterShapeTest {

  private static AdapterShape shape(Shortcut shortcut) {
    List<Projection> projections = new ArrayList<>();
    for (String layer : List.of("model.layers.0.", "model.layers.1.")) {
      for (String name : List.of("self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj")) {
        projections.add(new Projection(layer + name, name, 4, 4, projections.size(), 0));
      }
    }
    return AdapterShape.of(
        new ResLoraConfig(1, 1, shortcut, 1, 0, List.of("q_proj", "o_proj", "down_proj")),
        projections,
        Collections.nCopies(projections.size(), false));
  }

  @Test
  void namesLinkedTargetsOffTheResidualStream() {
    assertThat(shape(Shortcut.INPUT).poorlyMerged())
        .containsExactly("model.layers.1.self_attn.o_proj", "model.layers.1.mlp.down_proj");
    assertThat(shape(Shortcut.MIDDLE).poorlyMerged()).hasSize(2);
  }

  @Test
  void whatMergesExactlyIsNotPoor() {
    assertThat(shape(Shortcut.NONE).poorlyMerged()).isEmpty();
    assertThat(shape(Shortcut.BLOCK).poorlyMerged()).isEmpty();
  }
}
