package dev.reslora.pipeline.local;

import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is kept of a demo: charts, answers of the newest version, its adapter, the summary. */
final class DemoHarvest {

  private final Path out;
  private final List<Path> files = new ArrayList<>();

  private DemoHarvest(Path out) {
    this.out = out;
  }

  /** Writes the files and puts the result together. */
  static DemoResult gather(LabeledStream stream, DemoPlan plan, DemoWatch watch)
      throws IOException, InterruptedException {
    DemoHarvest harvest = new DemoHarvest(plan.out().toAbsolutePath().normalize());
    DemoStatus status = watch.status();
    harvest.draw(plan.task().measure(), stream.description(), status.training().points());
    Optional<PublishedVersion> newest = watch.newest();
    if (newest.isPresent()) {
      harvest.keep(newest.get());
    }
    DemoResult result =
        new DemoResult(
            stream.description(),
            plan.task().measure(),
            plan.shortcut().label(),
            status,
            watch.learning(),
            newest.map(PublishedVersion::manifest),
            watch.answers(plan.task()),
            harvest.withSummary());
    Files.writeString(
        harvest.summary(), DemoSummary.json(result).toPrettyString() + System.lineSeparator());
    return result;
  }

  private Path summary() {
    return out.resolve("summary.json");
  }

  private List<Path> withSummary() {
    files.add(summary());
    files.add(out.resolve("demo.log"));
    return List.copyOf(files);
  }

  private void draw(Measure measure, String title, List<CurvePoint> points) throws IOException {
    if (!points.isEmpty()) {
      CurveChart.write(out, measure, title, points);
      files.add(out.resolve(measure.file() + ".png"));
      files.add(out.resolve(measure.file() + ".svg"));
    }
  }

  /** As a directory that PEFT opens; that of an earlier demo goes. */
  private void keep(PublishedVersion version) throws IOException {
    Path adapters = out.resolve("adapter");
    DirectoryTree.delete(adapters);
    Files.createDirectories(adapters);
    SnapshotDirectory.write(version, adapters);
    files.add(adapters.resolve(SnapshotDirectory.name(version.adapterId(), version.version())));
  }
}
