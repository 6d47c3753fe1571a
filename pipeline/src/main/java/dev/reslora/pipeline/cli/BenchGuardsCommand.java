package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.InvalidConfigException;
import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.GuardBench;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the guards are worth on drifting and poisoned streams. */
@Command(
    name = "guards",
    mixinStandardHelpOptions = true,
    description = {
      "Learns streams with and without guards, each example tested before it is trained on, and"
          + " says what came of each trial as it ends; the first column is the mean over the"
          + " seeds.",
      "abrupt, gradual, recurring, classes and poison are made of sentences; mail is real. Without"
          + " Kafka or Flink."
    })
final class BenchGuardsCommand implements Runnable {

  private static final int LEAST = 400;

  @Spec CommandSpec spec;

  @Mixin BenchModelOptions options;

  @Option(
      names = "--stream",
      split = ",",
      defaultValue = "abrupt,gradual,recurring,classes,poison",
      description =
          "abrupt, gradual, recurring, classes, poison, mail (default: ${DEFAULT-VALUE}).")
  List<String> streams;

  @Option(
      names = "--limit",
      defaultValue = "1440",
      description = "Examples of a stream (default: ${DEFAULT-VALUE}).")
  int limit;

  @Option(
      names = "--seeds",
      defaultValue = "3",
      description = "Runs of each, from other first values (default: ${DEFAULT-VALUE}).")
  int seeds;

  @Option(
      names = "--first-seed",
      defaultValue = "1",
      description = "Seed of the first of them (default: ${DEFAULT-VALUE}).")
  long firstSeed;

  @Option(
      names = "--trial",
      split = ",",
      defaultValue = "plain,guarded",
      description =
          "plain, watched (admission and detector), guarded (all), gated (the gate alone), and"
              + " alone against forgetting replay, l2-sp, ewc, kl; ratios are against the first of"
              + " them (default: ${DEFAULT-VALUE}).")
  List<String> trials;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "An option of the job, for every trial; may be repeated.")
  List<String> settings = new ArrayList<>();

  @Option(names = "--charts", paramLabel = "DIR", description = "Draw a chart of each stream here.")
  @Nullable Path charts;

  @Override
  public void run() {
    check();
    List<Long> numbers = LongStream.range(firstSeed, firstSeed + seeds).boxed().toList();
    List<BenchRow> rows = new ArrayList<>();
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      GuardBench bench =
          new GuardBench(options.model(console), limit, numbers, trials, settings, charts, console);
      for (String stream : streams) {
        rows.addAll(bench.run(stream));
      }
    } catch (InvalidConfigException e) {
      throw options.wrong(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }

  private void check() {
    oneOf("--stream", streams, GuardBench.streams());
    oneOf("--trial", trials, GuardBench.ways());
    if (limit < LEAST) {
      throw options.wrong("--limit: expected at least " + LEAST + ", found " + limit);
    }
    options.atLeastOne("--seeds", seeds);
  }

  private void oneOf(String option, List<String> found, List<String> expected) {
    for (String each : found) {
      if (!expected.contains(each)) {
        throw options.wrong(option + ": expected of " + expected + ", found " + each);
      }
    }
  }
}
