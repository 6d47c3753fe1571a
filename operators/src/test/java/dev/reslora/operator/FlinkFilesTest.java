package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.apache.flink.core.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlinkFilesTest {

  @Test
  void takesPathsOfThisMachineWithoutAPlugin() throws IOException {
    assertThat(FlinkFiles.at(new Path("/snapshots")).isDistributedFS()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "s3, flink-s3-fs-hadoop",
    "gs, flink-gs-fs-hadoop",
    "abfss, flink-azure-fs-hadoop",
    "other, a file system for other:",
  })
  void namesThePluginThatIsMissingAndItsPlace(String scheme, String plugin) {
    assertThatThrownBy(() -> FlinkFiles.at(new Path(scheme + "://bucket/snapshots")))
        .hasMessage(
            scheme
                + "://bucket/snapshots takes "
                + plugin
                + ", a plug-in of Flink's that is not loaded: it belongs in a directory of its own"
                + " in FLINK_PLUGINS_DIR");
  }
}
