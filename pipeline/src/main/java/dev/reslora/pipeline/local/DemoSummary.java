package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.SnapshotManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** A demo's result for a person and for a program. */
public final class DemoSummary {

  private static final ObjectMapper JSON = new ObjectMapper();

  private DemoSummary() {}

  /** As a table. */
  public static List<String> table(DemoResult result) {
    TrainingFigures training = result.status().training();
    List<String> lines = new ArrayList<>();
    lines.add(row("stream", result.stream()));
    lines.add(
        row(
            "trained",
            text(
                "%,d examples, %,d tokens, %,d steps in %d s (shortcut %s)",
                training.examples(),
                training.tokens(),
                training.steps(),
                result.learning().toSeconds(),
                result.shortcut())));
    Measure measure = result.measure();
    training
        .overall()
        .ifPresent(overall -> lines.add(row(measure.label(), compared(measure, overall))));
    lines.add(
        row(
            "snapshots",
            text("%d published and loaded by the subscriber", result.status().loaded())));
    result.newest().ifPresent(newest -> lines.add(row("newest", version(newest))));
    lines.add(row("checkpoints", text("%d completed", result.status().checkpoints().completed())));
    if (!result.answers().isEmpty()) {
      lines.add("");
      lines.add("  texts that nobody learned from, and the newest version:");
      result.answers().forEach(answer -> answer.lines().forEach(line -> lines.add("    " + line)));
    }
    lines.add("");
    result.files().forEach(file -> lines.add("  " + file));
    return lines;
  }

  /** As JSON, one object. */
  public static ObjectNode json(DemoResult result) {
    TrainingFigures training = result.status().training();
    ObjectNode root = JSON.createObjectNode();
    root.put("succeeded", result.succeeded());
    root.put("stream", result.stream());
    root.put("shortcut", result.shortcut());
    root.put("examples", training.examples());
    root.put("tokens", training.tokens());
    root.put("steps", training.steps());
    root.put("learningSeconds", result.learning().toMillis() / 1e3);
    training.overall().ifPresent(overall -> root.set(result.measure().file(), point(overall)));
    ArrayNode windows = root.putArray("windows");
    training.points().forEach(window -> windows.add(point(window)));
    root.put("snapshotsLoaded", result.status().loaded());
    root.put("checkpoints", result.status().checkpoints().completed());
    result
        .newest()
        .ifPresent(
            newest ->
                root.putObject("newest")
                    .put("adapterId", newest.getAdapterId())
                    .put("version", newest.getVersion())
                    .put("step", newest.getStep())
                    .put("digest", newest.getDigest()));
    ArrayNode answers = root.putArray("answers");
    result
        .answers()
        .forEach(
            answer -> {
              ObjectNode node = answers.addObject();
              new TreeMap<>(answer.fields()).forEach(node::put);
            });
    ArrayNode files = root.putArray("files");
    result.files().forEach(file -> files.add(file.toString()));
    return root;
  }

  private static ObjectNode point(CurvePoint point) {
    ObjectNode node = JSON.createObjectNode();
    node.put("examples", point.examples());
    node.put("adapted", point.adapted());
    point.baseline().ifPresent(share -> node.put("frozen", share));
    return node;
  }

  private static String compared(Measure measure, CurvePoint overall) {
    return text(
        "adapted %s, frozen %s, each example tested before it was trained on",
        measure.text(Optional.of(overall.adapted())), measure.text(overall.frozen()));
  }

  private static String version(SnapshotManifest newest) {
    MergeFidelity fidelity = newest.getFidelity();
    String merge = fidelity.getMerge();
    if (fidelity.getExamples() > 0) {
      merge +=
          text(
              ", agrees with the live adapter on %s of %,d examples",
              Measure.ACCURACY.text(Optional.of(fidelity.getAgreement())), fidelity.getExamples());
    }
    return text(
        "%s version %d of step %d, %,d bytes, merge %s",
        newest.getAdapterId(),
        newest.getVersion(),
        newest.getStep(),
        newest.getPayloadSize(),
        merge);
  }

  private static String row(String name, String value) {
    return text("  %-12s %s", name, value);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
