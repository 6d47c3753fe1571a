package dev.reslora.pipeline.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Refuses numbers that an option does not take. */
final class Numbers {

  private Numbers() {}

  static void inRange(CommandSpec command, String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw wrong(command, "%s: expected %d to %d, found %d".formatted(option, least, most, value));
    }
  }

  static void atLeast(CommandSpec command, String option, long value, long least) {
    if (value < least) {
      throw wrong(command, "%s: expected at least %d, found %d".formatted(option, least, value));
    }
  }

  private static ParameterException wrong(CommandSpec command, String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
