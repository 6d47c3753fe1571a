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
 * <p>What a later release of the schema added is left out where that and all after it has its
 * defaults, so that manifests of the first releases keep their digests.
 */
final class ManifestDigest {

  private static final Schema NEWEST = SnapshotManifest.getClassSchema();

  private static final SpecificDatumWriter<SnapshotManifest> WRITER =
      new SpecificDatumWriter<>(SnapshotManifest.class);
  private static final SpecificDatumWriter<SnapshotManifest> FIRST_WRITER =
      new SpecificDatumWriter<>(upTo("payloadSize"));
  private static final SpecificDatumWriter<SnapshotManifest> SECOND_WRITER =
      new SpecificDatumWriter<>(upTo("dataref"));

  /** The release that ended with this field. */
  private static Schema upTo(String last) {
    List<Schema.Field> fields =
        NEWEST.getFields().subList(0, NEWEST.getField(last).pos() + 1).stream()
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
      writer(manifest).write(unsigned, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return Digests.hex(bytes.toByteArray());
  }

  private static SpecificDatumWriter<SnapshotManifest> writer(SnapshotManifest manifest) {
    if (manifest.getLabelsJoined() != 0 || manifest.getExamplesWaiting() != 0) {
      return WRITER;
    }
    return manifest.getLayers().isEmpty() && manifest.getDataref().isEmpty()
        ? FIRST_WRITER
        : SECOND_WRITER;
  }
}
