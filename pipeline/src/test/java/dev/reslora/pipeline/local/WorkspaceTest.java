package dev.reslora.pipeline.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceTest {

  /** No process has this number: Linux counts to 2^22. */
  private static final long NOBODY = 999_999_999;

  @TempDir Path out;

  @Test
  void takesAwayWhatItMadeOnTheWayAndNothingElse() throws IOException {
    Path theirs = Files.writeString(Files.createDirectory(out.resolve("work")).resolve("a"), "b");
    Path work;
    try (Workspace workspace = Workspace.create(out)) {
      work = workspace.work("broker");
      Files.writeString(work.resolve("log"), "c");
      assertThat(work).startsWith(out);
    }
    assertThat(work.getParent()).doesNotExist();
    assertThat(theirs).hasContent("b");
  }

  @Test
  void takesAwayWhatAProcessThatWasKilledLeft() throws IOException {
    Path killed = Files.createDirectory(out.resolve(".reslora-work-" + NOBODY));
    Path running =
        Files.createDirectory(
            out.resolve(".reslora-work-" + ProcessHandle.current().parent().orElseThrow().pid()));
    Path theirs = Files.createDirectory(out.resolve(".reslora-work-notes"));
    try (Workspace workspace = Workspace.create(out)) {
      assertThat(workspace.out()).isEqualTo(out);
    }
    assertThat(killed).doesNotExist();
    assertThat(running).exists();
    assertThat(theirs).exists();
  }
}
