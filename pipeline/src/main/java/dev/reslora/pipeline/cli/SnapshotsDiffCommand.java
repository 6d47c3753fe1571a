package dev.reslora.pipeline.cli;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.snapshot.LayerChange;
import dev.reslora.snapshot.PeftLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What lies between two versions. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Compare two versions: norms of delta W, layer by layer, and with --texts the answers.",
      "A version is a directory from snapshots pull, or a number on --topic with --adapter."
    })
final class SnapshotsDiffCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Parameters(index = "0", paramLabel = "FIRST", description = "A directory or a number.")
  String first;

  @Parameters(index = "1", paramLabel = "SECOND", description = "A directory or a number.")
  String second;

  @Option(names = "--base", paramLabel = "DIR", description = "The base model, for --texts.")
  @Nullable Path base;

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      description = "UTF-8, a text a line: how often do both versions answer alike?")
  @Nullable Path texts;

  /**
   * How two versions answer.
   *
   * @param texts how many were asked
   * @param agreement share with the same label
   * @param kl mean KL(first || second), nats; null where the second lacks a label of the first
   */
  record Agreement(int texts, double agreement, @Nullable Double kl) {}

  @Override
  public void run() {
    if ((texts == null) != (base == null)) {
      throw new ParameterException(
          spec.commandLine(), "--texts and --base: expected both or neither");
    }
    SnapshotSource.Found before = find(first);
    SnapshotSource.Found after = find(second);
    try {
      MergedAdapter old = PeftLayout.read(before.files());
      MergedAdapter now = PeftLayout.read(after.files());
      List<LayerChange> layers = LayerChange.between(old, now);
      Agreement agreement = texts == null || base == null ? null : ask(base, texts, before, after);
      print(layers, agreement, before.name() + " to " + after.name());
    } catch (IOException | IllegalArgumentException e) {
      throw CommandFailure.of(e);
    }
  }

  private SnapshotSource.Found find(String version) {
    SnapshotSource source = new SnapshotSource();
    source.spec = spec;
    source.kafka = kafka;
    source.wire = wire;
    source.options = options;
    if (version.matches("[0-9]{1,18}")) {
      source.version = Long.valueOf(version);
    } else {
      source.directory = Path.of(version);
    }
    return source.find();
  }

  private static Agreement ask(
      Path base, Path texts, SnapshotSource.Found before, SnapshotSource.Found after)
      throws IOException {
    List<String> lines = SnapshotsClassifyCommand.lines(texts);
    try (ServedModel model = ServedModel.open(base, "cpu")) {
      List<Answer> old = SnapshotsClassifyCommand.answers(model, before, lines);
      List<Answer> now = SnapshotsClassifyCommand.answers(model, after, lines);
      double equal = 0;
      double divergence = 0;
      boolean comparable = true;
      for (int i = 0; i < lines.size(); i++) {
        equal += old.get(i).label().equals(now.get(i).label()) ? 1 : 0;
        comparable &= now.get(i).labels().containsAll(old.get(i).labels());
        divergence += comparable ? divergence(old.get(i), now.get(i)) : 0;
      }
      return new Agreement(
          lines.size(), equal / lines.size(), comparable ? divergence / lines.size() : null);
    }
  }

  private static double divergence(Answer old, Answer now) {
    double sum = 0;
    for (int c = 0; c < old.labels().size(); c++) {
      double p = old.probabilities()[c];
      double q = now.probabilities()[now.labels().indexOf(old.labels().get(c))];
      sum += p > 0 ? p * Math.log(p / Math.max(q, Float.MIN_VALUE)) : 0;
    }
    return Math.max(0, sum);
  }

  private void print(List<LayerChange> layers, @Nullable Agreement agreement, String what) {
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      Map<String, @Nullable Object> json = new LinkedHashMap<>();
      json.put("versions", what);
      json.put("layers", layers);
      json.put("answers", agreement);
      out.println(Json.text(json));
    } else {
      out.println(what);
      out.print(table(layers));
      if (agreement != null) {
        out.printf(
            Locale.ROOT,
            "%,d texts: the same label for %.2f %%%s%n",
            agreement.texts(),
            100 * agreement.agreement(),
            agreement.kl() == null
                ? ", and other labels to choose from"
                : String.format(Locale.ROOT, ", mean KL %.3g nats", agreement.kl()));
      }
    }
    out.flush();
  }

  private static TextTable table(List<LayerChange> layers) {
    TextTable table = new TextTable("PROJECTION", "|dW| FIRST", "SECOND", "CHANGE", "COSINE");
    for (LayerChange row : layers) {
      table.add(
          row.module(),
          number(row.before()),
          number(row.after()),
          number(row.change()),
          number(row.cosine()));
    }
    return table;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
