package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.Delivery;
import dev.reslora.pipeline.bench.ChaosBench;
import dev.reslora.pipeline.bench.ChaosPlan;
import dev.reslora.pipeline.bench.ChaosResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Kills the job, many times, and shows that nothing came of it. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description = {
      "Kills the whole job with SIGKILL at random moments while it trains, each time going on from"
          + " the newest checkpoint; then trains the same stream without interruption.",
      "Every snapshot's digest, step and dead letter must be the same in both, and every example"
          + " sent must be in exactly one step or on the dead-letter topic.",
      "Exit code 1 when anything is lost, doubled or different."
    })
final class BenchChaosCommand implements Callable<Integer> {

  @Spec CommandSpec spec;

  @Mixin BenchJobOptions options;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Kills while it trains (default: ${DEFAULT-VALUE}); at every fourth the recovery is"
              + " killed as well.")
  int kills;

  @Option(
      names = "--delivery",
      defaultValue = "exactly-once",
      description = "exactly-once (default) or idempotent.")
  String delivery;

  @Option(
      names = "--interval",
      paramLabel = "MS",
      defaultValue = "3000",
      description = "Milliseconds between checkpoints (default: ${DEFAULT-VALUE}).")
  int intervalMillis;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of the moments of the kills (default: ${DEFAULT-VALUE}).")
  long seed;

  @Override
  public Integer call() {
    options.inRange("--kills", kills, 1, 1_000);
    options.inRange("--interval", intervalMillis, 10, 3_600_000);
    Delivery chosen = chosen();
    ChaosResult result;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      Path model = options.model(console);
      Duration interval = Duration.ofMillis(intervalMillis);
      String pooling = options.pooling.label();
      result =
          options.onGround(
              "chaos",
              console,
              ground ->
                  new ChaosBench(
                          new ChaosPlan(model, pooling, chosen, kills, interval, seed, ground),
                          console)
                      .run());
      result.violations().forEach(console::says);
    }
    BenchConsole.print(spec.commandLine().getOut(), result.rows(), options.json);
    return result.violations().isEmpty() ? 0 : 1;
  }

  private Delivery chosen() {
    return Arrays.stream(Delivery.values())
        .filter(each -> each.label().equals(delivery))
        .findFirst()
        .orElseThrow(
            () ->
                options.wrong(
                    "--delivery: expected exactly-once or idempotent, found " + delivery));
  }
}
