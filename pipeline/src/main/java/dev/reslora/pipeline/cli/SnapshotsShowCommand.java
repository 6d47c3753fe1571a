package dev.reslora.pipeline.cli;

import dev.reslora.schema.avro.LayerFidelity;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.PublishedVersion;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** All that the manifest says of a version. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Show where a version comes from and what it is made of.")
final class SnapshotsShowCommand implements Runnable {

  @Spec CommandSpec spec;
  @Mixin KafkaClientOptions kafka;
  @Mixin WireOptions wire;
  @Mixin SnapshotOptions options;

  @Option(names = "--version-number", paramLabel = "N", description = "Default: the newest.")
  @Nullable Long version;

  @Override
  public void run() {
    SnapshotSelection selection = new SnapshotSelection(options, version);
    new TopicScan(options.servingTopic(kafka, wire), options.timeout(), spec.commandLine().getErr())
        .versions(selection);
    Collection<PublishedVersion> versions = selection.versions();
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      out.println(
          ManifestJson.text(
              versions.stream().map(found -> ManifestJson.fields(found.manifest())).toList()));
    } else {
      out.print(
          versions.stream().map(found -> text(found.manifest())).collect(Collectors.joining("\n")));
    }
    out.flush();
  }

  private static String text(SnapshotManifest manifest) {
    MergeFidelity fidelity = manifest.getFidelity();
    List<String> lines =
        List.of(
            line("adapter", "%s, version %,d", manifest.getAdapterId(), manifest.getVersion()),
            line("digest", "%s", manifest.getDigest()),
            line("parent", "%s", orNone(manifest.getParentDigest())),
            line("base model", "%s (%s)", manifest.getBaseModel(), manifest.getBaseModelDigest()),
            line("configuration", "%s", manifest.getConfigDigest()),
            line("trainer", "%s", manifest.getCodeVersion()),
            line(
                "made at",
                "step %,d, event time %s, because of %s",
                manifest.getStep(),
                manifest.getEventTime(),
                manifest.getTrigger()),
            line(
                "examples",
                "%,d in all; since the parent %,d trained, %,d skipped",
                manifest.getTotalExamples(),
                manifest.getExamplesTrained(),
                manifest.getExamplesSkipped()),
            line("offsets", "%s", offsets(manifest)),
            line("labels", "%s", orNone(String.join(", ", manifest.getLabels()))),
            line("shortcut", "%s, merged by %s", manifest.getShortcut(), fidelity.getMerge()),
            line(
                "fidelity",
                "KL %.3g nats, agreement %.4f, loss change %+.3g, worst layer error %.3g (%d"
                    + " examples, %d tokens)",
                fidelity.getKl(),
                fidelity.getAgreement(),
                fidelity.getLossChange(),
                fidelity.getWorstLayerError(),
                fidelity.getExamples(),
                fidelity.getTokens()),
            line(
                "payload",
                "%s in %s, format %s",
                size(manifest.getPayloadSize()),
                manifest.getDataref().isEmpty()
                    ? "%,d chunks".formatted(manifest.getChunkCount())
                    : manifest.getDataref(),
                manifest.getFormat()));
    TextTable files = new TextTable("FILE", "SIZE", "SHA-256");
    for (SnapshotFile file : manifest.getFiles()) {
      files.add(file.getName(), size(file.getSize()), file.getSha256());
    }
    return String.join("", lines) + files + layers(manifest);
  }

  private static String layers(SnapshotManifest manifest) {
    if (manifest.getLayers().isEmpty()) {
      return "";
    }
    TextTable layers = new TextTable("PROJECTION", "ERROR", "COSINE", "R^2");
    for (LayerFidelity layer : manifest.getLayers()) {
      layers.add(
          layer.getModule(),
          String.format(Locale.ROOT, "%.2e", layer.getError()),
          share(layer.getCosine()),
          share(layer.getR2()));
    }
    return layers.toString();
  }

  private static String share(@Nullable Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static String line(String name, String format, Object... values) {
    return "%-14s %s%n".formatted(name, String.format(Locale.ROOT, format, values));
  }

  private static String orNone(String text) {
    return text.isEmpty() ? "none" : text;
  }

  private static String offsets(SnapshotManifest manifest) {
    return orNone(
        manifest.getOffsets().stream()
            .map(SnapshotsShowCommand::range)
            .collect(Collectors.joining(", ")));
  }

  private static String range(OffsetRange range) {
    return "%s-%d [%d, %d)"
        .formatted(range.getTopic(), range.getPartition(), range.getFrom(), range.getTo());
  }

  static String size(long bytes) {
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
    }
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024));
  }
}
