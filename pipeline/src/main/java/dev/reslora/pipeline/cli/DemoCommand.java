package dev.reslora.pipeline.cli;

import dev.reslora.model.KnownModel;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.Demo;
import dev.reslora.pipeline.local.DemoFailedException;
import dev.reslora.pipeline.local.DemoPlan;
import dev.reslora.pipeline.local.DemoResult;
import dev.reslora.pipeline.local.DemoSummary;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs {@link Demo} and shows it. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Runs everything on this machine: a Kafka broker, a Flink cluster with the training job, a"
          + " real text stream that drifts, and a subscriber that answers with the newest model.",
      "Fetches the base model (16 MB) and the mail stream (20 MB) the first time."
    })
final class DemoCommand implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "4",
      description = "Longest time after fetching (default: ${DEFAULT-VALUE}).")
  double minutes;

  @Option(
      names = "--stream",
      paramLabel = "STREAM",
      defaultValue = DemoPlan.AUTO,
      description =
          "mail, sotu, or a .jsonl or .csv file; auto (default) takes mail where it can be had,"
              + " else sotu.")
  String stream;

  @Option(
      names = "--shortcut",
      defaultValue = "block",
      description = "none (plain LoRA), input, block (default) or middle.")
  Shortcut shortcut;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "minilm-q",
      description = "Base model: minilm-q (default), minilm, bge-small or e5-small.")
  String model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where charts and summary go (default: target/demo of the project).")
  @Nullable Path out;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8081",
      description = "Port of Flink's web interface, 0 for any (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(
      names = "--live-port",
      paramLabel = "N",
      defaultValue = "8088",
      description = "Port of the live page, 0 for any (default: ${DEFAULT-VALUE}).")
  int livePort;

  @Option(names = "--json", description = "Print the summary as JSON.")
  boolean json;

  @Override
  public void run() {
    DemoPlan plan = plan();
    DemoResult result;
    try (DemoConsole console = DemoConsole.on(spec.commandLine().getErr())) {
      result = Demo.run(plan, console);
    } catch (DemoFailedException | BrokerUnavailableException | IOException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    } catch (Exception e) {
      throw new IllegalStateException("the demo broke", e);
    }
    print(result);
    if (!result.succeeded()) {
      throw new CommandFailure("no snapshot reached the subscriber");
    }
  }

  private DemoPlan plan() {
    if (!(minutes >= 1) || minutes > 24 * 60) {
      throw wrong("--minutes: expected 1 to 1440, found " + minutes);
    }
    requirePort("--port", port);
    requirePort("--live-port", livePort);
    KnownModel known =
        KnownModel.labelled(model)
            .orElseThrow(
                () ->
                    wrong(
                        "--model: expected minilm-q, minilm, bge-small or e5-small, found '"
                            + model
                            + "'"));
    return new DemoPlan(
        out == null ? byDefault() : out,
        stream,
        Duration.ofMillis((long) (minutes * 60_000)),
        shortcut,
        known,
        port,
        livePort);
  }

  private void requirePort(String option, int found) {
    if (found < 0 || found > 65_535) {
      throw wrong(option + ": expected 0 to 65535, found " + found);
    }
  }

  /** In the project, where git ignores it and a clean build removes it. */
  private static Path byDefault() {
    return Path.of(System.getProperty("reslora.home", "."), "target", "demo");
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(DemoResult result) {
    PrintWriter writer = spec.commandLine().getOut();
    if (json) {
      writer.println(DemoSummary.json(result));
    } else {
      writer.println();
      DemoSummary.table(result).forEach(writer::println);
    }
    writer.flush();
  }
}
