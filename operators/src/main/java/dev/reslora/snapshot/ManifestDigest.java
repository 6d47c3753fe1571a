package dev.reslora.snapshot;

import dev.reslora.model.Digests;
import dev.reslora.schema.avro.SnapshotManifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * A manifest's own digest: SHA-256 of its Avro binary form with the digest field empty. It covers
 * the payload by the files' digests and the past by the parent's.
 *
 * <p>What a later release of the schema added is left out where all of it has its defaults, so that
 * manifests of the first release keep their digests.
 */
final class ManifestDigest {

  private static final Schema NEWEST = SnapshotManifest.getClassSchema();

  /** Fields of the first release; it ended with the payload's size. */
  private static final int FIRST_FIELDS = NEWEST.getField("payloadSize").pos() + 1;

  private static final SpecificDatumWriter<SnapshotManifest> WRITER =
      new SpecificDatumWriter<>(SnapshotManifest.class);
  private static final SpecificDatumWriter<SnapshotManifest> FIRST_WRITER =
      new SpecificDatumWriter<>(first());

  private static Schema first() {
    List<Schema.Field> fields =
        NEWEST.getFields().subList(0, FIRST_FIELDS).stream()
            .map(field -> new Schema.Field(field, field.schema()))
            .toList();
    return Schema.createRecord(
        NEWEST.getName(), NEWEST.getDoc(), NEWEST.getNamespace(), false, fields);
  }

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
      (isOfFirst(manifest) ? FIRST_WRITER : WRITER).write(unsigned, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return Digests.hex(bytes.toByteArray());
  }

  private static boolean isOfFirst(SnapshotManifest manifest) {
    return manifest.getLayers().isEmpty() && manifest.getDataref().isEmpty();
  }
}
