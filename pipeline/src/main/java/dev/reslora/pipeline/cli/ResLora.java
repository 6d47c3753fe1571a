package dev.reslora.pipeline.cli;

import dev.reslora.schema.RootCause;
import java.io.PrintWriter;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line behind deploy/reslora. Exit codes, also of every subcommand: 0 done, 1 failed, 2
 * wrong usage or configuration.
 */
@Command(
    name = "reslora",
    description = "Continual ResLoRA fine-tuning on Apache Flink.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunCommand.class,
      DoctorCommand.class,
      BenchCommand.class,
      ModelCommand.class,
      DemoCommand.class,
      ProduceCommand.class,
      CommandLine.HelpCommand.class,
      SnapshotsCommand.class,
      StateCommand.class,
      ServeCommand.class,
      EvaluateCommand.class,
      RefreshCommand.class,
      OptionsCommand.class,
      MetricsCommand.class,
      WatchCommand.class,
      LibCommand.class,
    })
public final class ResLora implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of a failure.")
  boolean verbose;

  private ResLora() {}

  public static void main(String[] args) {
    CommandLine all = commandLine();
    try {
      FilePlugins.of(System.getenv()).ifPresent(FilePlugins::load);
    } catch (CommandFailure e) {
      all.getErr().println("reslora: " + e.getMessage());
      System.exit(all.getCommandSpec().exitCodeOnExecutionException());
    }
    System.exit(all.execute(args));
  }

  /** The whole command tree, as main runs it; tests execute it with their own writers. */
  public static CommandLine commandLine() {
    ResLora root = new ResLora();
    CommandLine all = new CommandLine(root);
    sayVersion(all);
    return all.setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setParameterExceptionHandler(ResLora::refuse)
        .setExecutionExceptionHandler(root::fail);
  }

  /** Every command has --version; without a provider of its own it would print nothing. */
  private static void sayVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new ProjectVersion());
    command.getSubcommands().values().forEach(ResLora::sayVersion);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Wrong usage: what is wrong and where help is, not pages of options. */
  private static int refuse(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println(name + ": " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Try '" + name + " --help'.");
    err.flush();
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /**
   * An expected failure says its sentence, and so does Kafka's client: what it was told, or what is
   * out there, is not as it must be. Anything else is a defect and shows where it came from.
   */
  private int fail(Exception e, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    String sentence = sentence(e);
    err.println(name + ": " + (sentence == null ? "failed unexpectedly" : sentence));
    if (verbose || sentence == null) {
      e.printStackTrace(err);
    }
    err.flush();
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  private static @Nullable String sentence(Exception e) {
    return e instanceof KafkaException
        ? "Kafka: " + RootCause.message(e)
        : e instanceof CommandFailure ? e.getMessage() : null;
  }
}
