package dev.reslora.reslora;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldenCasesTest {

  @Test
  void everyCaseStaysWithinItsTolerance() throws Exception {
    List<GoldenCases.Group> groups = GoldenCases.run(Path.of("src/test/resources/golden"), "cpu");
    assertThat(groups).flatExtracting(GoldenCases.Group::failures).isEmpty();
    assertThat(groups)
        .extracting(GoldenCases.Group::name)
        .containsExactly("forward-backward", "mask", "merge", "trajectory");
    assertThat(groups)
        .allSatisfy(group -> assertThat(group.worst()).as(group.where()).isBetween(1e-9, 1.0));
    assertThat(groups).extracting(GoldenCases.Group::cases).containsExactly(26, 3, 9, 6);
  }
}
