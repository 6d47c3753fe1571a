package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.FreshnessTrial;
import dev.reslora.pipeline.bench.FreshnessTrial.Journey;
import dev.reslora.reslora.Shortcut;
import dev.reslora.snapshot.Transit.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
      "Times versions, while training goes on: from the newest event that they learned from to the"
          + " end of its step (train), merged and sent (publish), received by a subscriber"
          + " (deliver), in service (load); from the moment that the snapshot falls due, before its"
          + " merge, until it is in service (due to served).",
      "With a Kafka broker in a process of its own, Flink in this one, idempotent delivery."
    })
final class BenchFreshnessCommand implements Runnable {

  private static final int SHOWN_EVERY = 10;

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
      journeys =
          options.onGround(
              "freshness",
              console,
              ground -> trial.run(ground, console, journey -> say(journey, console)));
    }
    BenchConsole.print(spec.commandLine().getOut(), rows(journeys), options.json);
  }

  private static void say(Journey journey, BenchConsole console) {
    if (journey.version() % SHOWN_EVERY == 0) {
      console.says(
          String.format(
              Locale.ROOT,
              "version %d: train %.0f ms, publish %.0f ms, deliver %.0f ms, load %.0f ms;"
                  + " due to served %.0f ms",
              journey.version(),
              journey.millis(Stage.TRAIN),
              journey.millis(Stage.PUBLISH),
              journey.millis(Stage.DELIVER),
              journey.millis(Stage.LOAD),
              journey.dueToServed()));
    }
  }

  private List<BenchRow> rows(List<Journey> journeys) {
    String what = "freshness %s %d ".formatted(shortcut.label(), recentTokens);
    List<BenchRow> rows = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      String name = what + stage.name().toLowerCase(Locale.ROOT);
      rows.addAll(quantiles(name, journeys, journey -> journey.millis(stage)));
    }
    rows.addAll(quantiles(what + "due to served", journeys, Journey::dueToServed));
    return rows;
  }

  private static List<BenchRow> quantiles(
      String name, List<Journey> journeys, ToDoubleFunction<Journey> millis) {
    List<Double> measured = journeys.stream().mapToDouble(millis).boxed().toList();
    return List.of(
        BenchRow.quantile(name + " p50", "ms", measured, 0.5),
        BenchRow.quantile(name + " p99", "ms", measured, 0.99));
  }
}
