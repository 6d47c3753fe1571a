package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class ResLoraTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine reslora =
      ResLora.commandLine()
          .addSubcommand(new Refuses())
          .addSubcommand(new Breaks())
          .setOut(new PrintWriter(out, true))
          .setErr(new PrintWriter(err, true));

  @Test
  void printsTheProjectVersion() {
    assertThat(reslora.execute("--version")).isZero();
    assertThat(out.toString()).containsPattern("reslora \\d+\\.\\d+").contains("Java ");
  }

  @Test
  void printsTheProjectVersionForEveryCommand() {
    assertThat(reslora.execute("snapshots", "pull", "--version")).isZero();
    assertThat(out.toString()).containsPattern("reslora \\d+\\.\\d+");
  }

  @Test
  void namesAnUnknownCommandInOneLineAndSaysWhereHelpIs() {
    assertThat(reslora.execute("bogus")).isEqualTo(2);
    assertThat(err.toString()).contains("'bogus'").contains("Try 'reslora --help'");
    assertThat(err.toString().lines().count()).isLessThanOrEqualTo(3);
  }

  @Test
  void refusesAMissingCommandAsWrongUsage() {
    assertThat(reslora.execute()).isEqualTo(2);
    assertThat(err.toString()).contains("a command is missing");
  }

  @Test
  void saysAnExpectedFailureInOneLine() {
    assertThat(reslora.execute("refuses")).isEqualTo(1);
    assertThat(err.toString()).isEqualToIgnoringNewLines("reslora refuses: the disk is full");
  }

  @Test
  void showsTheStackTraceOfAnExpectedFailureOnlyWhenAsked() {
    assertThat(reslora.execute("refuses", "--verbose")).isEqualTo(1);
    assertThat(err.toString()).contains("the disk is full").contains("\tat ");
  }

  @Test
  void showsWhereADefectCameFrom() {
    assertThat(reslora.execute("breaks")).isEqualTo(1);
    assertThat(err.toString()).contains("IllegalStateException: broken").contains("\tat ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reslora watch | watch --port 0",
        "reslora produce | produce sotu --adapter story --texts",
        "reslora refresh | refresh --to target/refresh",
      })
  void saysInOneLineWhatKafkaCannotUse(String name, String words) {
    String[] all = (words + " --bootstrap-servers broker").split(" ", -1);
    assertThat(reslora.execute(all)).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(name + ": Kafka: Invalid url in bootstrap.servers: broker");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "watch --port 99999 | --port: expected 0 to 65535, found 99999",
        "serve --model . --port 99999 | --port: expected 0 to 65535, found 99999",
        "serve --model %s --device gpu | device: expected cpu or cuda:N, found gpu",
      })
  void refusesWhatNoMachineHasAsWrongUsage(String words, String sentence) {
    String all = words.formatted(TestModels.tiny()) + " --bootstrap-servers broker:9092";
    assertThat(reslora.execute(all.split(" ", -1))).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(sentence).doesNotContain("\tat ");
  }

  @Test
  void saysInOneLineThatADeviceIsNotThere() {
    String words = "serve --port 0 --bootstrap-servers broker:9092 --device cuda:99 --model ";
    assertThat(reslora.execute((words + TestModels.tiny()).split(" ", -1))).isEqualTo(1);
    assertThat(err.toString()).startsWith("reslora serve: --device: cannot run on cuda:99: ");
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Command(name = "refuses")
  static final class Refuses implements Runnable {
    @Override
    public void run() {
      throw new CommandFailure("the disk is full");
    }
  }

  @Command(name = "breaks")
  static final class Breaks implements Runnable {
    @Override
    public void run() {
      throw new IllegalStateException("broken");
    }
  }
}
