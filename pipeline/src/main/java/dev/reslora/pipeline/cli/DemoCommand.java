package dev.reslora.pipeline.cli;

import dev.reslora.model.KnownModel;
import dev.reslora.pipeline.local.BrokerUnavailableException;
import dev.reslora.pipeline.local.ClassificationDemo;
import dev.reslora.pipeline.local.Demo;
import dev.reslora.pipeline.local.DemoFailedException;
import dev.reslora.pipeline.local.DemoPlan;
import dev.reslora.pipeline.local.DemoResult;
import dev.reslora.pipeline.local.DemoSummary;
import dev.reslora.pipeline.local.DemoTask;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.pipeline.local.LanguageDemo;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
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
      names = "--task",
      defaultValue = "classify",
      description =
          "classify (default): an encoder, which class is a text of? lm: a small language model"
              + " that ships with the project reads on.")
  Task task;

  @Option(
      names = "--stream",
      paramLabel = "STREAM",
      description =
          "classify: mail, sotu, or a .jsonl or .csv file (default: mail where it can be had, else"
              + " sotu). lm: sotu (default), the addresses since 1901, or a file.")
  @Nullable String stream;

  @Option(
      names = "--shortcut",
      defaultValue = "block",
      description = "none (plain LoRA), input, block (default) or middle.")
  Shortcut shortcut;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "classify: minilm-q (default), minilm, bge-small or e5-small. lm: a directory of the"
              + " Llama family (default: the one that ships with the project).")
  @Nullable String model;

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
    } catch (BindException e) {
      throw new CommandFailure("--port: " + e.getMessage(), e);
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
    return new DemoPlan(
        out == null ? inProject("target", "demo") : out,
        task.demo(this),
        Duration.ofMillis((long) (minutes * 60_000)),
        shortcut,
        port,
        livePort);
  }

  private void requirePort(String option, int found) {
    if (found < 0 || found > 65_535) {
      throw wrong(option + ": expected 0 to 65535, found " + found);
    }
  }

  /** What --task takes. */
  enum Task {
    CLASSIFY {
      @Override
      DemoTask demo(DemoCommand command) {
        return command.classification();
      }
    },
    LM {
      @Override
      DemoTask demo(DemoCommand command) {
        return command.language();
      }
    };

    abstract DemoTask demo(DemoCommand command);
  }

  private DemoTask classification() {
    String name = model == null ? KnownModel.MINILM_Q.label() : model;
    KnownModel known =
        KnownModel.labelled(name)
            .orElseThrow(
                () ->
                    wrong(
                        "--model: expected minilm-q, minilm, bge-small or e5-small, found '"
                            + name
                            + "'"));
    return new ClassificationDemo(known, stream == null ? ClassificationDemo.AUTO : stream);
  }

  private DemoTask language() {
    return new LanguageDemo(
        model == null ? inProject("deploy", "models", "sotu-1900") : Path.of(model),
        stream == null ? LabeledStreams.SPEECHES : stream);
  }

  private static Path inProject(String... path) {
    return ProjectHome.path(path);
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
