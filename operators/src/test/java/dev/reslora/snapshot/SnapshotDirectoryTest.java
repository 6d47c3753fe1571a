package dev.reslora.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotDirectoryTest {

  @TempDir Path parent;

  private final PublishedVersion version = version(5);

  private static PublishedVersion version(long seed) {
    Snapshot snapshot = ChainHead.NONE.next(TestSnapshots.candidate("mail", 0L, seed));
    return new PublishedVersion(
        snapshot.manifest(),
        PeftLayout.write(TestSnapshots.adapter(seed), "minilm", "b".repeat(64)),
        Continuity.GENESIS,
        Transit.UNKNOWN);
  }

  @Test
  void writesTheFilesAndNothingElse() throws IOException {
    assertThat(SnapshotDirectory.write(version, parent)).isTrue();
    Path directory = parent.resolve("mail-v1");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(version.files().keySet());
    }
    assertThat(directory.resolve("head.json")).hasBinaryContent(version.files().get("head.json"));
    try (Stream<Path> files = Files.list(parent)) {
      assertThat(files).containsExactly(directory);
    }
  }

  @Test
  void leavesTheSameVersionAsItIs() throws IOException {
    SnapshotDirectory.write(version, parent);
    assertThat(SnapshotDirectory.write(version, parent)).isFalse();
  }

  @Test
  void neverPutsAnotherContentUnderTheSameName() throws IOException {
    SnapshotDirectory.write(version, parent);
    assertThatIOException()
        .isThrownBy(() -> SnapshotDirectory.write(version(6), parent))
        .withMessageContaining("mail-v1 is there already with another");
  }

  @Test
  void givesEveryAdapterANameWithinItsDirectory() {
    assertThat(SnapshotDirectory.name("mail_2.de-x", 12)).isEqualTo("mail_2.de-x-v12");
    assertThat(SnapshotDirectory.name("../a b", 1)).isEqualTo("%2E.%2Fa%20b-v1");
    assertThat(SnapshotDirectory.name("-rf", 1)).isEqualTo("%2Drf-v1");
    assertThat(SnapshotDirectory.name("ä", 1)).isEqualTo("%C3%A4-v1");
  }
}
