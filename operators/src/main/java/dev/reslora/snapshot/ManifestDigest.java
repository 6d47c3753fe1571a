package dev.reslora.snapshot;

import dev.reslora.model.Digests;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * A manifest's own digest: SHA-256 of its Avro binary form with the digest field empty. It covers
 * the payload by the files' digests and the past by the parent's.
 */
final class ManifestDigest {

  private static final SpecificDatumWriter<SnapshotManifest> WRITER =
      new SpecificDatumWriter<>(SnapshotManifest.class);

  private ManifestDigest() {}

  static String of(SnapshotManifest manifest) {
    SnapshotManifest unsigned = new SnapshotManifest();
    for (int field = 0; field < manifest.getSchema().getFields().size(); field++) {
      unsigned.put(field, manifest.get(field));
    }
    unsigned.setDigest("");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      WRITER.write(unsigned, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return Digests.hex(bytes.toByteArray());
  }
}
