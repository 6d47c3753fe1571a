package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.local.FreshnessTrial;
import dev.reslora.pipeline.local.FreshnessTrial.Journey;
import dev.reslora.reslora.Shortcut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Times versions from the trainer to an answer. */
@Command(
    name = "freshness",
    mixinStandardHelpOptions = true,
    description = {
      "Times versions from the moment that a snapshot falls due, before its merge, until the version"
          + " answers, while training goes on.",
      "With a Kafka broker in a process of its own, Flink in this one, idempotent delivery."
    })
final class BenchFreshnessCommand implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Base model: a Hugging Face directory (default: MiniLM, fetched once).")
  @Nullable Path model;

  @Option(
      names = "--shortcut",
      defaultValue = "input",
      description = "none, input, block or middle (default: ${DEFAULT-VALUE}).")
  Shortcut shortcut;

  @Option(
      names = "--versions",
      paramLabel = "N",
      defaultValue = "200",
      description = "Versions measured, after 10 that are not (default: ${DEFAULT-VALUE}).")
  int versions;

  @Option(
      names = "--every-steps",
      paramLabel = "N",
      defaultValue = "2",
      description = "Optimizer steps to a version (default: ${DEFAULT-VALUE}).")
  int everySteps;

  @Option(
      names = "--recent-tokens",
      paramLabel = "N",
      defaultValue = "4096",
      description =
          "Tokens that a merge is fitted and measured on; the job's training.recent-tokens"
              + " (default: ${DEFAULT-VALUE}).")
  int recentTokens;

  @Option(names = "--json", description = "Answer with a JSON array of rows.")
  boolean json;

  @Override
  public void run() {
    atLeastOne("--versions", versions);
    atLeastOne("--every-steps", everySteps);
    atLeastOne("--recent-tokens", recentTokens);
    List<Journey> journeys;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      Path base = model == null ? BenchOptions.miniLm(console) : model;
      journeys =
          new FreshnessTrial(base, shortcut, versions, everySteps, recentTokens).run(console);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (Exception e) {
      throw new CommandFailure("the job could not be run: " + e, e);
    }
    String what = "freshness %s %d".formatted(shortcut.label(), recentTokens);
    BenchConsole.print(
        spec.commandLine().getOut(),
        List.of(
            row(what + " due to received", journeys, Journey::received, 0.5),
            row(what + " due to served p50", journeys, Journey::served, 0.5),
            row(what + " due to served p99", journeys, Journey::served, 0.99)),
        json);
  }

  private static BenchRow row(
      String name, List<Journey> journeys, ToDoubleFunction<Journey> millis, double quantile) {
    return BenchRow.quantile(
        name, "ms", journeys.stream().mapToDouble(millis).boxed().toList(), quantile);
  }

  private void atLeastOne(String option, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), option + ": expected at least 1, found " + value);
    }
  }
}
