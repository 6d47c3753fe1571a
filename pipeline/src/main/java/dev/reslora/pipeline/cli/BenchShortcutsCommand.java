package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.StreamExamples;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.pipeline.local.ShortcutTrial;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.Pooling;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the shortcuts are worth on a stream, beside LoRA at matched scale and the head alone. */
@Command(
    name = "shortcuts",
    mixinStandardHelpOptions = true,
    description = {
      "Learns a stream with each shortcut, with LoRA at the same and at matched scale, and with the"
          + " classifier alone, each example tested before it is trained on.",
      "A minute or more for each, without Kafka or Flink."
    })
final class BenchShortcutsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--stream",
      defaultValue = LabeledStreams.MAIL,
      description = "mail, sotu, or a .jsonl or .csv file (default: ${DEFAULT-VALUE}).")
  String stream;

  @Option(
      names = "--limit",
      defaultValue = "1600",
      description = "Examples to learn from (default: ${DEFAULT-VALUE}).")
  int limit;

  @Option(
      names = "--seeds",
      defaultValue = "1",
      description = "Runs of each, from other first values (default: ${DEFAULT-VALUE}).")
  int seeds;

  @Option(names = "--json", description = "Print one JSON array of rows.")
  boolean json;

  /** A run; the object that --json prints. */
  record Row(String name, long seed, ShortcutTrial.Result result) {}

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      List<Row> rows = rows(console);
      out.println(json ? Json.text(rows) : table(rows));
      out.flush();
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  private List<Row> rows(BenchConsole console) throws IOException {
    Path model = BenchModelOptions.miniLm(console);
    List<TokenizedExample> examples = StreamExamples.read(stream, model, limit, console);
    List<Row> rows = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      for (ShortcutTrial trial : ShortcutTrial.ALL) {
        console.says(
            "learning %,d examples: %s, seed %d".formatted(examples.size(), trial.name(), seed));
        rows.add(new Row(trial.name(), seed, trial.run(model, Pooling.MEAN, examples, seed)));
      }
    }
    return rows;
  }

  private static String table(List<Row> rows) {
    TextTable table =
        new TextTable(
            "learner", "seed", "accuracy %", "last half %", "loss", "frozen %", "merge", "KL");
    for (Row row : rows) {
      ShortcutTrial.Result result = row.result;
      table.add(
          row.name,
          row.seed,
          percent(result.accuracy()),
          percent(result.lateAccuracy()),
          String.format(Locale.ROOT, "%.4f", result.loss()),
          percent(result.frozenAccuracy()),
          result.fidelity().getMerge(),
          String.format(Locale.ROOT, "%.1e", result.fidelity().getKl()));
    }
    return table.toString();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * share);
  }
}
