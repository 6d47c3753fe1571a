package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
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
