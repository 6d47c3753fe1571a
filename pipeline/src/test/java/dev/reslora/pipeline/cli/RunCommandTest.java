package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

  private static final List<String> REQUIRED =
      List.of(
          "--set", "reslora.kafka.bootstrap-servers=broker:9092",
          "--set", "reslora.model.directory=models/minilm",
          "--set", "reslora.checkpoint.directory=checkpoints");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void listsFiveMistakesAndExitsWithTwo(@TempDir Path directory) throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            reslora:
              kafka.bootstrap-servers: nowhere
              model.directory: models/minilm
              checkpoint.directory: checkpoints
              adapter:
                rank: 0
                shortcut: sideways
              training:
                bacth-examples: 16
                learning-rate: fast
            """);

    assertThat(run("--config", config.toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains("the configuration has 5 problems")
        .contains("reslora.kafka.bootstrap-servers: expected host:port")
        .contains("reslora.adapter.rank: expected a whole number from 1 to 512, found '0'")
        .contains("reslora.adapter.shortcut: expected one of none, input, block, middle")
        .contains("did you mean reslora.training.batch-examples?")
        .contains("reslora.training.learning-rate: expected a value of type number, found 'fast'")
        .doesNotContain("\tat ");
  }

  @Test
  void printsTheEffectiveOptionsWithoutSecrets(@TempDir Path directory) throws Exception {
    assertThat(
            runWithRequired(
                "--dry-run",
                "--set",
                "reslora.adapter.rank=4",
                "--set",
                "reslora.kafka.properties.sasl.jaas.config=user and word",
                "--set",
                "reslora.kafka.properties.ssl.keystore.key=-----BEGIN"))
        .isZero();
    assertThat(out.toString())
        .contains("reslora.adapter.rank: \"4\"")
        .contains("reslora.model.max-tokens: \"256\"")
        .contains("reslora.kafka.properties.sasl.jaas.config: '***'")
        .contains("reslora.kafka.properties.ssl.keystore.key: '***'")
        .doesNotContain("user and word", "BEGIN");

    Path printed = Files.writeString(directory.resolve("printed.yaml"), out.toString());
    out.getBuffer().setLength(0);
    assertThat(run("--dry-run", "--config", printed.toString())).isZero();
    assertThat(out.toString()).isEqualTo(Files.readString(printed));
  }

  @Test
  void refusesTwoPlacesAtOnce() {
    assertThat(runWithRequired("--local", "--target", "cluster:8081")).isEqualTo(2);
    assertThat(err.toString()).contains("--local").contains("--target");
  }

  private int runWithRequired(String... args) {
    List<String> all = new ArrayList<>(REQUIRED);
    all.addAll(List.of(args));
    return run(all.toArray(String[]::new));
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(args));
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }
}
