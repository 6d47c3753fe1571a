package dev.reslora.pipeline.local;

import dev.reslora.schema.avro.SnapshotManifest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What came of a demo.
 *
 * @param stream what it learned from
 * @param measure what it is judged by
 * @param shortcut the adapter's residual path
 * @param status its last figures
 * @param learning time from the first to the last step
 * @param newest the newest version that the subscriber loaded
 * @param answers what it answered
 * @param files what was left, in the out directory
 */
public record DemoResult(
    String stream,
    Measure measure,
    String shortcut,
    DemoStatus status,
    Duration learning,
    Optional<SnapshotManifest> newest,
    List<DemoAnswer> answers,
    List<Path> files) {

  /** Whether a snapshot was published and the subscriber loaded it. */
  public boolean succeeded() {
    return newest.isPresent();
  }
}
