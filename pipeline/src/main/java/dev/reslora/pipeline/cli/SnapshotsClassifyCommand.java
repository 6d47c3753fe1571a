package dev.reslora.pipeline.cli;

import dev.reslora.serving.ServedModel;
import dev.reslora.serving.ServedModel.Answer;
import dev.reslora.snapshot.PeftLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A version's answers to texts, as a subscriber gives them. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    description = "Classify texts with a version: label and probability, a line each.")
final class SnapshotsClassifyCommand implements Runnable {

  private static final int BATCH = 32;

  @Spec CommandSpec spec;
  @Mixin SnapshotSource source;

  @Option(names = "--base", required = true, paramLabel = "DIR", description = "The base model.")
  Path base;

  @Option(
      names = "--texts",
      required = true,
      paramLabel = "FILE",
      description = "UTF-8, a text a line; empty lines are passed over.")
  Path texts;

  @Override
  public void run() {
    SnapshotSource.Found found = source.find();
    List<String> lines;
    List<Answer> answers;
    try (ServedModel model = ServedModel.open(base, "cpu")) {
      lines = lines(texts);
      answers = answers(model, found, lines);
    } catch (IOException | IllegalArgumentException e) {
      throw CommandFailure.of(e);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (source.options.json) {
      out.println(Json.text(json(lines, answers)));
    } else {
      for (int i = 0; i < lines.size(); i++) {
        out.println(line(answers.get(i), lines.get(i)));
      }
    }
    out.flush();
  }

  /** The texts of a file, a line each. */
  static List<String> lines(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      throw new IOException("--texts: expected a text a line, " + file + " has none");
    }
    return lines;
  }

  /** What a version answers. */
  static List<Answer> answers(ServedModel model, SnapshotSource.Found found, List<String> lines)
      throws IOException {
    checkBase(model, found);
    List<Answer> answers = new ArrayList<>();
    try (ServedModel.LoadedAdapter adapter = model.load(PeftLayout.read(found.files()))) {
      for (int at = 0; at < lines.size(); at += BATCH) {
        answers.addAll(adapter.classify(lines.subList(at, Math.min(lines.size(), at + BATCH))));
      }
    }
    return answers;
  }

  private static void checkBase(ServedModel model, SnapshotSource.Found found) throws IOException {
    String expected = PeftLayout.baseModelDigest(found.files());
    if (!expected.equals(model.baseModelDigest())) {
      throw new IOException(
          "--base: %s belongs to a base model with digest %s, this one has %s"
              .formatted(found.name(), expected, model.baseModelDigest()));
    }
  }

  private static String line(Answer answer, String text) {
    float best = 0;
    for (float probability : answer.probabilities()) {
      best = Math.max(best, probability);
    }
    return String.format(Locale.ROOT, "%s\t%.4f\t%s", answer.label(), best, text);
  }

  private static List<Map<String, Object>> json(List<String> lines, List<Answer> answers) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("text", lines.get(i));
      row.put("label", answers.get(i).label());
      row.put("labels", answers.get(i).labels());
      row.put("probabilities", answers.get(i).probabilities());
      rows.add(row);
    }
    return rows;
  }
}
