package dev.reslora.snapshot;

import dev.reslora.schema.avro.SnapshotFile;
import dev.reslora.schema.avro.SnapshotManifest;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** What a manifest must be by itself, before anything is believed or allocated on its word. */
final class ManifestCheck {

  /** A plain name: it may become a file, and must then lie in its directory. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

  private ManifestCheck() {}

  static void check(SnapshotManifest manifest, long maxBytes) throws RefusalException {
    require(
        manifest.getVersion() >= 1, "version must be at least 1, found " + manifest.getVersion());
    require(
        manifest.getParentDigest().isEmpty() == (manifest.getVersion() == 1),
        "version 1 has no parentDigest and every later one has, found '"
            + manifest.getParentDigest()
            + "' in version "
            + manifest.getVersion());
    boolean stored = !manifest.getDataref().isEmpty();
    require(
        stored ? manifest.getChunkCount() == 0 : manifest.getChunkCount() >= 1,
        "chunkCount must be at least 1, or 0 with a dataref, found " + manifest.getChunkCount());
    require(
        !stored || isUri(manifest.getDataref()),
        "dataref must be an absolute URI, found '" + manifest.getDataref() + "'");
    checkFiles(manifest);
    if (manifest.getPayloadSize() > maxBytes) {
      throw new RefusalException(
          Refusal.TOO_LARGE,
          "payloadSize is " + manifest.getPayloadSize() + " bytes, the limit is " + maxBytes);
    }
    String digest = ManifestDigest.of(manifest);
    if (!digest.equals(manifest.getDigest())) {
      throw new RefusalException(
          Refusal.WRONG_DIGEST,
          "the manifest's digest is " + digest + ", it says '" + manifest.getDigest() + "'");
    }
  }

  private static boolean isUri(String text) {
    try {
      return new URI(text).isAbsolute();
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static void checkFiles(SnapshotManifest manifest) throws RefusalException {
    Set<String> names = new HashSet<>();
    long rest = manifest.getPayloadSize();
    for (SnapshotFile file : manifest.getFiles()) {
      String name = file.getName();
      require(
          NAME.matcher(name).matches() && names.add(name),
          "files must have plain names, each once, found '" + name + "'");
      long size = file.getSize();
      require(size >= 0 && size <= rest, "file " + name + " does not fit: " + size + " bytes");
      rest -= size;
    }
    require(rest == 0, "payloadSize and the files' sizes differ by " + rest + " bytes");
  }

  private static void require(boolean holds, String message) throws RefusalException {
    if (!holds) {
      throw new RefusalException(Refusal.MALFORMED, message);
    }
  }
}
