package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.BenchRow;
import dev.reslora.pipeline.bench.SpeechExamples;
import dev.reslora.pipeline.serve.ServeTrial;
import dev.reslora.pipeline.serve.ServeTrial.Round;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.ServedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times requests to the HTTP server. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Times classification requests to 'serve' over the loopback interface, one text each (the"
          + " first words of speeches), by clients that ask again as soon as they are answered;"
          + " clients and server share this machine.",
      "In batches, and with every request in a pass of its own, taking turns."
    })
final class BenchServeCommand implements Runnable {

  private static final int CONCURRENT = 512;
  private static final int TEXTS = 512;
  private static final int WORDS = 24;

  @Spec CommandSpec spec;

  @Mixin BenchModelOptions options;

  @Option(
      names = "--clients",
      paramLabel = "N,...",
      split = ",",
      defaultValue = "1,8,32",
      description = "Clients at a time (default: ${DEFAULT-VALUE}).")
  List<Integer> clients;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Length of a round (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds measured, after one that is not (default: ${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Forward passes at a time (default: ${DEFAULT-VALUE}).")
  int threads;

  /** What a number of clients measured in all rounds. */
  private record Measured(List<Double> perSecond, List<Double> millis) {

    Measured() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void add(Round round) {
      perSecond.add(round.perSecond());
      millis.addAll(round.millis());
    }
  }

  @Override
  public void run() {
    options.atLeastOne("--seconds", seconds);
    options.atLeastOne("--rounds", rounds);
    clients.forEach(count -> options.atLeastOne("--clients", count));
    List<BenchRow> rows = new ArrayList<>();
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      Path directory = options.model(console);
      List<String> bodies = bodies();
      try (ServedModel served = ServedModel.open(directory, "cpu");
          ServeTrial batched = ServeTrial.start(directory, served, limits(4096, 2), bodies);
          ServeTrial single = ServeTrial.start(directory, served, limits(1, 0), bodies)) {
        for (int count : clients) {
          rows.addAll(rows(count, batched, single, console));
        }
      }
    } catch (IOException e) {
      throw CommandFailure.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    BenchConsole.print(spec.commandLine().getOut(), rows, options.json);
  }

  private DynamicBatcher.Limits limits(int tokens, int delayMillis) {
    return new DynamicBatcher.Limits(CONCURRENT, tokens, Duration.ofMillis(delayMillis), threads);
  }

  private static List<String> bodies() throws IOException {
    SpeechExamples speeches = new SpeechExamples(WORDS);
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < TEXTS; i++) {
      bodies.add(Json.text(Map.of("inputs", speeches.passage("serve").text())));
    }
    return bodies;
  }

  private List<BenchRow> rows(
      int count, ServeTrial batched, ServeTrial single, BenchConsole console)
      throws IOException, InterruptedException {
    Measured together = new Measured();
    Measured alone = new Measured();
    Duration time = Duration.ofSeconds(seconds);
    for (int round = 0; round <= rounds; round++) {
      Round first = batched.ask(count, time);
      Round second = single.ask(count, time);
      if (round > 0) {
        together.add(first);
        alone.add(second);
      }
      console.progress(round, rounds, "rounds of %d clients".formatted(count));
    }
    String name = "serve %d clients ".formatted(count);
    BenchRow baseline = BenchRow.quantile(name + "unbatched", "requests/s", alone.perSecond, 0.5);
    return List.of(
        BenchRow.quantile(name + "batched", "requests/s", together.perSecond, 0.5)
            .against(baseline),
        baseline,
        BenchRow.quantile(name + "batched p50", "ms", together.millis, 0.5),
        BenchRow.quantile(name + "batched p99", "ms", together.millis, 0.99));
  }
}
