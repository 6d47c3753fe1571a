package dev.reslora.snapshot;

import dev.reslora.reslora.MergedAdapter;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.IOException;
import java.util.SortedMap;

/**
 * A whole version whose every digest was checked. Made by {@link SnapshotAssembler}, consumed by
 * whoever serves it.
 *
 * @param manifest what it is
 * @param files name to bytes, as in the manifest; not to be changed
 * @param continuity how it joins the version known before it
 * @param transit when it was where
 */
public record PublishedVersion(
    SnapshotManifest manifest,
    SortedMap<String, byte[]> files,
    Continuity continuity,
    Transit transit) {

  public String adapterId() {
    return manifest.getAdapterId();
  }

  public long version() {
    return manifest.getVersion();
  }

  /**
   * The adapter in its files.
   *
   * @throws IOException naming the file, what was expected and what was found
   */
  public MergedAdapter adapter() throws IOException {
    if (!manifest.getFormat().equals(PeftLayout.FORMAT)) {
      throw new IOException(
          "format must be " + PeftLayout.FORMAT + ", found " + manifest.getFormat());
    }
    return PeftLayout.read(files);
  }
}
