package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointHistoryTest {

  @TempDir Path directory;

  @Test
  void findsTheNewestCompleteCheckpointOfAnyRun() throws IOException {
    complete("job-b/chk-9", 1_000);
    complete("job-a/chk-10", 3_000);
    complete("job-a/chk-2", 2_000);
    Files.createDirectories(directory.resolve("job-a/chk-11"));
    complete("job-a/shared", 9_000);

    assertThat(CheckpointHistory.newest(directory.toUri().toString()))
        .hasValueSatisfying(path -> assertThat(path).endsWith("job-a/chk-10"));
  }

  @Test
  void prefersASavepointThatIsNewer() throws IOException {
    complete("job-a/chk-10", 1_000);
    complete(CheckpointHistory.SAVEPOINTS + "/savepoint-1a2b", 2_000);

    assertThat(CheckpointHistory.newest(directory.toUri().toString()))
        .hasValueSatisfying(path -> assertThat(path).endsWith("savepoints/savepoint-1a2b"));
  }

  @Test
  void findsNothingWhereNothingIs() throws IOException {
    assertThat(CheckpointHistory.newest(directory.resolve("none").toUri().toString())).isEmpty();
    assertThat(CheckpointHistory.newest(directory.toUri().toString())).isEmpty();
  }

  private void complete(String name, long millis) throws IOException {
    Path metadata = Files.createDirectories(directory.resolve(name)).resolve("_metadata");
    Files.write(metadata, new byte[1]);
    Files.setLastModifiedTime(metadata, FileTime.fromMillis(millis));
  }
}
