package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResLoraJobTest {

  @TempDir Path directory;

  @Test
  void takesItsConfigurationFromFileAndWordsAndResumesWhenTold() throws IOException {
    Path file = directory.resolve("job.yaml");
    Files.writeString(
        file,
        """
        reslora:
          kafka.bootstrap-servers: broker:9092
          model.directory: /models/minilm
          checkpoint.directory: file:///checkpoints
        """);
    String[] words = {"--resume", "--config", file.toString(), "--set", "reslora.job.name=mail"};

    ResLoraJob.Arguments arguments = ResLoraJob.arguments(words);

    assertThat(arguments.resume()).isTrue();
    assertThat(arguments.config().name()).isEqualTo("mail");
    assertThat(ResLoraJob.arguments(new String[] {"--config", file.toString()}).resume()).isFalse();
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> ResLoraJob.arguments(new String[] {"--fresh"}))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("--set KEY=VALUE or --resume, found --fresh");
    assertThatThrownBy(() -> ResLoraJob.arguments(new String[] {"--resume", "--config"}))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("found --config without a value");
  }

  @Test
  void resumesFromTheNewestCheckpointAndOwnsIt() throws IOException {
    complete("job/chk-7");

    Configuration resumption = ResLoraJob.resumption(new Configuration(), checkpoints());

    assertThat(resumption.get(StateRecoveryOptions.SAVEPOINT_PATH)).endsWith("job/chk-7");
    assertThat(resumption.get(StateRecoveryOptions.RESTORE_MODE))
        .isEqualTo(RecoveryClaimMode.CLAIM);
  }

  @Test
  void leavesTheChoiceToFlinkWhereItHasOne() throws IOException {
    complete("job/chk-7");
    Configuration flink = new Configuration();
    flink.set(StateRecoveryOptions.SAVEPOINT_PATH, "s3://bucket/savepoint-1");

    assertThat(ResLoraJob.resumption(flink, checkpoints()).toMap()).isEmpty();
  }

  @Test
  void beginsWithoutStateWhereThereIsNone() throws IOException {
    assertThat(ResLoraJob.resumption(new Configuration(), checkpoints()).toMap()).isEmpty();
  }

  private String checkpoints() {
    return directory.toUri().toString();
  }

  private void complete(String name) throws IOException {
    Files.write(Files.createDirectories(directory.resolve(name)).resolve("_metadata"), new byte[1]);
  }
}
