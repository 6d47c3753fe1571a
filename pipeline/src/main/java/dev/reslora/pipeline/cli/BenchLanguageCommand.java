package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.bench.PackingBench;
import dev.reslora.pipeline.bench.StreamExamples;
import dev.reslora.pipeline.local.LabeledStream;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.pipeline.local.LanguageTrial;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What adapting a language model to a stream is worth, in bits per byte. */
@Command(
    name = "language",
    mixinStandardHelpOptions = true,
    description = {
      "Adapts a language model of yours to a stream of texts with LoRA and with each shortcut, each"
          + " text tested before it is trained on, the frozen model beside it.",
      "Without Kafka or Flink; the time depends on the model."
    })
final class BenchLanguageCommand implements Runnable {

  @Spec CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "Hugging Face directory of a model of the Llama family.")
  Path model;

  @Option(
      names = "--stream",
      defaultValue = LabeledStreams.SPEECHES,
      description =
          "sotu (State of the Union addresses in the order of the years), or a .jsonl or .csv file"
              + " (default: ${DEFAULT-VALUE}).")
  String stream;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "1",
      description = "Learn from every n-th text (default: ${DEFAULT-VALUE}).")
  int every;

  @Option(
      names = "--max-tokens",
      defaultValue = "256",
      description = "Tokens of a sequence (default: ${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of the factors' first values (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--packing",
      description =
          "Times the step on sequences of 8 to 64 tokens side by side, as the trainer packs them,"
              + " and filled up to the longest, instead.")
  boolean packing;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "With --packing: sequences in a batch (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "With --packing: measured rounds (default: ${DEFAULT-VALUE}).")
  int steps;

  @Option(names = "--json", description = "Print one JSON array of rows.")
  boolean json;

  /** A run; the object that --json prints. */
  record Row(String name, LanguageTrial.Result result) {}

  @Override
  public void run() {
    if (every < 1 || batch < 1 || steps < 1) {
      throw new ParameterException(
          spec.commandLine(), "--every, --batch, --steps: expected at least 1");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      if (packing) {
        BenchConsole.print(out, PackingBench.run(model, batch, steps, console), json);
        return;
      }
      List<Row> rows = rows(console);
      out.println(json ? Json.text(rows) : table(rows));
      out.flush();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
  }

  private List<Row> rows(BenchConsole console) throws IOException {
    List<TokenizedExample> examples = examples(console);
    List<Row> rows = new ArrayList<>();
    for (LanguageTrial trial : LanguageTrial.ALL) {
      console.says("learning %,d sequences: %s".formatted(examples.size(), trial.name()));
      rows.add(new Row(trial.name(), trial.run(model, examples, seed)));
    }
    return rows;
  }

  private List<TokenizedExample> examples(BenchConsole console) throws IOException {
    try (LabeledStream texts = LabeledStreams.texts(stream, "trial", false);
        ExampleEncoder encoder = ExampleEncoder.open(model, maxTokens, TextTooLong.TRUNCATE)) {
      return StreamExamples.read(texts, encoder, every, Integer.MAX_VALUE, console);
    }
  }

  private static String table(List<Row> rows) {
    TextTable table =
        new TextTable(
            "learner", "bits/byte", "by eighths of the stream", "tokens/s", "merge", "KL");
    for (Row row : rows) {
      LanguageTrial.Result result = row.result;
      table.add(
          row.name,
          bits(result.whole().adapted()),
          result.windows().stream().map(w -> bits(w.adapted())).collect(Collectors.joining(" ")),
          String.format(Locale.ROOT, "%,.0f", result.tokens() / result.seconds()),
          result.fidelity().getMerge(),
          String.format(Locale.ROOT, "%.1e", result.fidelity().getKl()));
    }
    LanguageTrial.Result any = rows.get(0).result;
    table.add(
        "frozen",
        bits(any.whole().frozen()),
        any.windows().stream().map(w -> bits(w.frozen())).collect(Collectors.joining(" ")),
        "",
        "",
        "");
    return table.toString();
  }

  private static String bits(double bits) {
    return String.format(Locale.ROOT, "%.3f", bits);
  }
}
