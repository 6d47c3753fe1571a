package dev.reslora.schema;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * How records are written, and where writers' schemas are found when they are read.
 *
 * @param format what is written; both formats are read
 * @param registry needed to write and read the confluent format
 */
public record WireConfig(WireFormat format, @Nullable RegistryConfig registry)
    implements Serializable {

  /** Single-object encoding, no registry. */
  public static final WireConfig SINGLE_OBJECT = new WireConfig(WireFormat.SINGLE_OBJECT, null);

  public WireConfig {
    if (format == WireFormat.CONFLUENT && registry == null) {
      throw new IllegalArgumentException(
          "wire format confluent: expected the url of a schema registry, found none");
    }
  }

  /**
   * An encoder of one record type on one topic.
   *
   * @throws RegistryUnavailableException when the schema could not be registered
   */
  public <T extends SpecificRecordBase> AvroEncoder<T> encoder(
      Class<T> type, String topic, SubjectNaming naming) throws IOException {
    Schema schema = SpecificData.get().getSchema(type);
    byte[] header = format.header(schema, naming.subject(topic, schema), openRegistry());
    return new AvroEncoder<>(type, header);
  }

  /** A decoder of the record types of a topic; the registry is first asked when it is needed. */
  public <T extends SpecificRecordBase> AvroDecoder<T> decoder(List<Class<? extends T>> types) {
    return new AvroDecoder<>(types, new WriterSchemas(types, openRegistry()));
  }

  private @Nullable SchemaRegistry openRegistry() {
    return registry == null
        ? null
        : new CachedSchemaRegistry(
            new RestSchemaRegistry(registry), registry.unknownFor(), System::nanoTime);
  }
}
