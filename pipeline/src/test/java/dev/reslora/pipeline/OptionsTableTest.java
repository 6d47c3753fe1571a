package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.training.AdapterOverrides;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OptionsTableTest {

  private static final Path PAGE = Path.of("..", "deploy", "docs", "options.md");

  @Test
  void isThePageInTheDocumentation() throws IOException {
    assertThat(Files.readString(PAGE))
        .as("stale: run deploy/reslora options > deploy/docs/options.md")
        .isEqualTo(OptionsTable.markdown());
  }

  @Test
  void hasEveryOptionThatAnAdapterMayHaveForItself() {
    assertThat(ResLoraOptions.documented().stream().map(each -> each.option().key()))
        .containsAll(
            AdapterOverrides.names().stream().map(name -> ResLoraOptions.PREFIX + name).toList());
  }

  @Test
  void findsTheNearestName() {
    assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.distance("", "abc")).isEqualTo(3);
    assertThat(NearestName.distance("same", "same")).isZero();
  }
}
