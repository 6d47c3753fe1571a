package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.evaluate.Evaluation;
import dev.reslora.pipeline.evaluate.Question;
import dev.reslora.pipeline.evaluate.QuestionFile;
import dev.reslora.pipeline.evaluate.QuestionFormat;
import dev.reslora.pipeline.evaluate.Score;
import dev.reslora.serving.ServedModel;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a language model answers right, with and without an adapter. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = {
      "Asks a language model the questions of a file: exact match of what it writes, or which of"
          + " some endings it finds likeliest.",
      "The base model alone, and with a version beside it where one is named."
    })
final class EvaluateCommand implements Runnable {

  private static final long MAX_ADAPTER_BYTES = 4L << 30;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A JSON object a line, see --format.")
  Path file;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "Hugging Face directory of a model of the Llama family.")
  Path model;

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "A version, as 'snapshots pull' writes it.")
  @Nullable Path adapter;

  @Option(
      names = "--format",
      defaultValue = "plain",
      description =
          "plain (default; question and answer, or question, choices and label), gsm8k, svamp,"
              + " mathqa or hellaswag: the data set's own fields.")
  QuestionFormat format;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "Question: {question}\\nAnswer:",
      description =
          "What a question is asked with, \\n for line breaks (default: ${DEFAULT-VALUE})."
              + " hellaswag has its own.")
  String prompt;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      defaultValue = "Question:",
      description = "An answer ends before this text (default: ${DEFAULT-VALUE}).")
  String stop;

  @Option(
      names = "--max-tokens",
      defaultValue = "256",
      description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(names = "--limit", paramLabel = "N", description = "Only the first so many questions.")
  int limit = Integer.MAX_VALUE;

  @Option(names = "--json", description = "Print a JSON array of rows.")
  boolean json;

  /** One model's score; what --json prints. */
  record Row(String model, Score score) {}

  @Override
  public void run() {
    if (maxTokens < 1 || limit < 1) {
      throw wrong("--max-tokens, --limit: expected at least 1");
    }
    if (!prompt.contains(QuestionFormat.PLACE)) {
      throw wrong("--prompt: expected " + QuestionFormat.PLACE + " in it, found " + prompt);
    }
    List<Row> rows;
    try (Progress progress = Progress.on(spec.commandLine().getErr());
        ServedModel served = ServedModel.open(model, "cpu")) {
      String pattern = prompt.replace("\\n", "\n");
      rows = rows(served, QuestionFile.read(file, format, pattern, limit), progress);
    } catch (IOException | IllegalArgumentException e) {
      throw CommandFailure.of(e);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? Json.text(rows) : table(rows));
    out.flush();
  }

  private List<Row> rows(ServedModel served, List<Question> questions, Progress progress)
      throws IOException {
    List<Row> rows = new ArrayList<>();
    try (ServedModel.LoadedAdapter frozen = served.frozen()) {
      rows.add(row("frozen", frozen, questions, progress));
    }
    if (adapter != null) {
      Map<String, byte[]> files = SnapshotDirectory.read(adapter, MAX_ADAPTER_BYTES);
      String digest = PeftLayout.baseModelDigest(files);
      if (!digest.equals(served.baseModelDigest())) {
        throw new IOException(
            "--adapter: %s belongs to a base model with digest %s, this one has %s"
                .formatted(adapter, digest, served.baseModelDigest()));
      }
      try (ServedModel.LoadedAdapter merged = served.load(PeftLayout.read(files))) {
        rows.add(row(adapter.getFileName().toString(), merged, questions, progress));
      }
    }
    return rows;
  }

  private Row row(
      String name, ServedModel.LoadedAdapter loaded, List<Question> questions, Progress progress) {
    OptionalLong total = OptionalLong.of(questions.size());
    Score score =
        new Evaluation(maxTokens, stop)
            .of(loaded, questions, done -> progress.show(done, total, "questions, " + name));
    return new Row(name, score);
  }

  private static String table(List<Row> rows) {
    TextTable table =
        new TextTable("model", "questions", "exact match", "likeliest", "likeliest a character");
    for (Row row : rows) {
      Score score = row.score;
      table.add(
          row.model,
          String.format(Locale.ROOT, "%,d", score.open() + score.choices()),
          percent(score.exact(), score.open()),
          percent(score.likeliest(), score.choices()),
          percent(score.likeliestPerCharacter(), score.choices()));
    }
    return table.toString().stripTrailing();
  }

  private static String percent(int right, int of) {
    return of == 0 ? "" : String.format(Locale.ROOT, "%.2f %%", 100.0 * right / of);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
