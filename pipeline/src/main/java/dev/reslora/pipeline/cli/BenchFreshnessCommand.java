package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.FreshnessTrial;
import dev.reslora.pipeline.bench.FreshnessTrial.Journey;
import dev.reslora.reslora.Shortcut;
import java.util.List;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

  @Mixin BenchJobOptions options;

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

  @Override
  public void run() {
    options.atLeastOne("--versions", versions);
    options.atLeastOne("--every-steps", everySteps);
    options.atLeastOne("--recent-tokens", recentTokens);
    List<Journey> journeys;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      FreshnessTrial trial =
          new FreshnessTrial(
              options.model(console),
              options.pooling.label(),
              shortcut,
              versions,
              everySteps,
              recentTokens);
      journeys = options.onGround("freshness", console, ground -> trial.run(ground, console));
    }
    String what = "freshness %s %d".formatted(shortcut.label(), recentTokens);
    BenchConsole.print(
        spec.commandLine().getOut(),
        List.of(
            row(what + " due to received", journeys, Journey::received, 0.5),
            row(what + " due to served p50", journeys, Journey::served, 0.5),
            row(what + " due to served p99", journeys, Journey::served, 0.99)),
        options.json);
  }

  private static BenchRow row(
      String name, List<Journey> journeys, ToDoubleFunction<Journey> millis, double quantile) {
    return BenchRow.quantile(
        name, "ms", journeys.stream().mapToDouble(millis).boxed().toList(), quantile);
  }
}
