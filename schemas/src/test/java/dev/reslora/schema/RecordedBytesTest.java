package dev.reslora.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What went out once is read for ever. Whoever changes an .avsc adds the new schema under {@code
 * released/<type>/<n>.avsc} and the sample's bytes under {@code recorded/<type>/<n>.bin}, and
 * leaves the older ones alone.
 */
class RecordedBytesTest {

  @ParameterizedTest
  @MethodSource("dev.reslora.schema.Samples#all")
  void newestReleasedSchemaIsTheCurrentOne(SpecificRecordBase sample) {
    List<Schema> released = ReleasedSchemas.of(sample.getClass());

    assertThat(released).isNotEmpty();
    assertThat(fingerprint(released.get(released.size() - 1)))
        .as("add the changed schema as released/%s/%d.avsc", name(sample), released.size() + 1)
        .isEqualTo(fingerprint(sample.getSchema()));
  }

  @ParameterizedTest
  @MethodSource("dev.reslora.schema.Samples#all")
  void currentSchemaReadsEveryReleasedOne(SpecificRecordBase sample) {
    for (Schema writer : ReleasedSchemas.of(sample.getClass())) {
      var result = SchemaCompatibility.checkReaderWriterCompatibility(sample.getSchema(), writer);
      assertThat(result.getType())
          .as(result.getDescription())
          .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.reslora.schema.Samples#all")
  void recordedBytesOfEveryReleaseStillRead(SpecificRecordBase sample) throws Exception {
    AvroDecoder<SpecificRecordBase> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(sample.getClass()));

    for (int release = 1; release <= ReleasedSchemas.of(sample.getClass()).size(); release++) {
      assertThat(decoder.decode(recorded(sample, release))).isEqualTo(sample);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.reslora.schema.Samples#all")
  void writesTheBytesThatAreRecorded(SpecificRecordBase sample) throws Exception {
    int newest = ReleasedSchemas.of(sample.getClass()).size();

    assertThat(encode(sample)).isEqualTo(recorded(sample, newest));
  }

  @SuppressWarnings("unchecked")
  private static <T extends SpecificRecordBase> byte[] encode(T record) {
    return AvroEncoder.singleObject((Class<T>) record.getClass()).encode(record);
  }

  private static byte[] recorded(SpecificRecordBase sample, int release) throws IOException {
    String file = "recorded/" + name(sample) + "/" + release + ".bin";
    try (InputStream in = RecordedBytesTest.class.getResourceAsStream(file)) {
      return Objects.requireNonNull(in, file).readAllBytes();
    }
  }

  private static String name(SpecificRecordBase sample) {
    return sample.getClass().getSimpleName();
  }

  private static long fingerprint(Schema schema) {
    return SchemaNormalization.parsingFingerprint64(schema);
  }
}
