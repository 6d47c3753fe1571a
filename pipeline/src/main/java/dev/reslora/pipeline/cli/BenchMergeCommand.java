package dev.reslora.pipeline.cli;

import dev.reslora.model.NewDirectory;
import dev.reslora.pipeline.bench.BenchPlan;
import dev.reslora.pipeline.bench.MergeBench;
import dev.reslora.pipeline.bench.MergeBench.Measured;
import dev.reslora.pipeline.bench.StreamExamples;
import dev.reslora.pipeline.local.LabeledStreams;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every merge of every shortcut costs in answers and in time. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    description = {
      "Learns a stream with each shortcut, merges the adapter in every way it has, and compares the"
          + " merged with the live adapter on examples that come after.",
      "A minute or two for each shortcut, without Kafka or Flink."
    })
final class BenchMergeCommand implements Runnable {

  @Spec CommandSpec spec;

  @Mixin BenchEncoderOptions options;

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
      names = "--unseen",
      defaultValue = "400",
      description = "Examples after them to measure on (default: ${DEFAULT-VALUE}).")
  int unseen;

  @Option(
      names = "--targets",
      defaultValue = "qv",
      description = "Adapted projections of a layer: qv (default) or all.")
  BenchPlan.TargetChoice targets;

  @Option(
      names = "--shortcut",
      paramLabel = "SHORTCUT,...",
      split = ",",
      defaultValue = "none,input,block,middle",
      description = "Which ones (default: ${DEFAULT-VALUE}).")
  List<Shortcut> shortcuts;

  @Option(
      names = "--pre-num",
      defaultValue = "2",
      description = "Linked blocks that take part in block and middle (default: ${DEFAULT-VALUE}).")
  int preNum;

  @Option(
      names = "--seeds",
      defaultValue = "1",
      description = "Runs of each shortcut, from other first values (default: ${DEFAULT-VALUE}).")
  int seeds;

  @Option(
      names = "--repeats",
      defaultValue = "5",
      description = "Timed merges of each kind (default: ${DEFAULT-VALUE}).")
  int repeats;

  @Option(names = "--layers", description = "Print the figures of every layer too.")
  boolean layers;

  @Option(
      names = "--adapters-to",
      paramLabel = "DIR",
      description = "Also write each shortcut's adapter there, in PEFT's layout.")
  @Nullable Path adaptersTo;

  @Override
  public void run() {
    options.atLeastOne("--limit", limit);
    options.atLeastOne("--unseen", unseen);
    options.atLeastOne("--seeds", seeds);
    options.atLeastOne("--repeats", repeats);
    List<Measured> measured;
    try (BenchConsole console = new BenchConsole(spec.commandLine().getErr())) {
      measured = new MergeBench(plan(console), console).run(this::keep);
    } catch (IOException e) {
      throw CommandFailure.of(e);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      BenchConsole.print(out, MergeBench.rows(measured), true);
      return;
    }
    out.println(table(measured).toString().stripTrailing());
    if (layers) {
      out.println();
      out.println(layerTable(measured).toString().stripTrailing());
    }
    out.flush();
  }

  private MergeBench.Plan plan(BenchConsole console) throws IOException {
    Path directory = options.model(console);
    List<TokenizedExample> examples =
        StreamExamples.read(stream, directory, limit + unseen, console);
    if (examples.size() <= limit) {
      throw new IOException(
          "--limit: %s has %,d examples, none are left to measure on"
              .formatted(stream, examples.size()));
    }
    return new MergeBench.Plan(
        directory,
        options.pooling.label(),
        shortcuts,
        targets,
        preNum,
        seeds,
        examples.subList(0, limit),
        examples.subList(limit, examples.size()),
        repeats);
  }

  private void keep(Measured measured, String baseName, String baseDigest) throws IOException {
    Path parent = adaptersTo;
    if (parent == null) {
      return;
    }
    Map<String, byte[]> files = PeftLayout.write(measured.result().adapter(), baseName, baseDigest);
    NewDirectory.make(
        parent.resolve(measured.shortcut().label() + "-v1"),
        directory -> {
          for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
          }
        });
  }

  private static TextTable table(List<Measured> all) {
    TextTable table =
        new TextTable(
            "shortcut",
            "merge",
            "seed",
            "KL",
            "agree %",
            "loss change",
            "layer error",
            "worst",
            "ms");
    for (Measured each : all) {
      MergeFidelity fidelity = each.result().fidelity();
      table.add(
          each.shortcut().label(),
          each.merge().label(),
          each.seed(),
          String.format(Locale.ROOT, "%.2e", fidelity.getKl()),
          String.format(Locale.ROOT, "%.2f", 100 * fidelity.getAgreement()),
          String.format(Locale.ROOT, "%+.1e", fidelity.getLossChange()),
          String.format(Locale.ROOT, "%.4f", each.meanError()),
          String.format(Locale.ROOT, "%.4f", fidelity.getWorstLayerError()),
          String.format(Locale.ROOT, "%.0f", each.medianMillis()));
    }
    return table;
  }

  private static TextTable layerTable(List<Measured> all) {
    TextTable table =
        new TextTable(
            "projection",
            "cosine",
            "R^2",
            "input: least squares",
            "input norm",
            "middle: least squares",
            "input norm");
    List<LayerFidelity> input = MergeBench.layers(all, Shortcut.INPUT, Merge.LEAST_SQUARES);
    List<LayerFidelity> inputNorm = MergeBench.layers(all, Shortcut.INPUT, Merge.INPUT_NORM);
    List<LayerFidelity> middle = MergeBench.layers(all, Shortcut.MIDDLE, Merge.LEAST_SQUARES);
    List<LayerFidelity> middleNorm = MergeBench.layers(all, Shortcut.MIDDLE, Merge.WEIGHT_NORM);
    for (int f = 0; f < input.size(); f++) {
      table.add(
          input.get(f).getModule(),
          number(input.get(f).getCosine()),
          number(input.get(f).getR2()),
          number(input.get(f).getError()),
          number(inputNorm.get(f).getError()),
          number(middle.get(f).getError()),
          number(middleNorm.get(f).getError()));
    }
    return table;
  }

  private static String number(@Nullable Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }
}
