package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineJarsTest {

  @TempDir Path temp;
  private EngineJars jars;

  @BeforeEach
  void twoJars() throws IOException {
    Path api = Files.writeString(temp.resolve("api-1.jar"), "api");
    Path engine = Files.writeString(temp.resolve("engine-1.jar"), "engine");
    jars = EngineJars.listed(api + File.pathSeparator + engine + System.lineSeparator());
  }

  @Test
  void copiesAllIntoADirectoryThatItMakes() throws IOException {
    Path lib = temp.resolve("flink/lib/djl");

    List<Path> copies = jars.copyTo(lib);

    assertThat(copies).containsExactly(lib.resolve("api-1.jar"), lib.resolve("engine-1.jar"));
    assertThat(lib.resolve("engine-1.jar")).hasContent("engine");
    assertThat(lib.toFile().list()).hasSize(2);
  }

  @Test
  void replacesABrokenCopyAndLeavesAGoodOne() throws IOException {
    Path lib = temp.resolve("lib");
    jars.copyTo(lib);
    Files.writeString(lib.resolve("api-1.jar"), "ap");

    jars.copyTo(lib);

    assertThat(lib.resolve("api-1.jar")).hasContent("api");
    assertThat(lib.toFile().list()).hasSize(2);
  }

  @Test
  void refusesADirectoryWithOtherJars() throws IOException {
    Path lib = Files.createDirectory(temp.resolve("lib"));
    Files.createFile(lib.resolve("api-0.jar"));

    assertThatThrownBy(() -> jars.copyTo(lib))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("found api-0.jar in " + lib);
    assertThat(lib.toFile().list()).hasSize(1);
  }
}
