package dev.reslora.schema;

import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/** Finds the schema that a record was written with, by what its header carries. */
final class WriterSchemas {

  private final Map<Long, Schema> released = new HashMap<>();
  private final @Nullable SchemaRegistry registry;

  WriterSchemas(
      Collection<? extends Class<? extends SpecificRecordBase>> types,
      @Nullable SchemaRegistry registry) {
    this.registry = registry;
    for (Class<? extends SpecificRecordBase> type : types) {
      ReleasedSchemas.of(type).forEach(this::know);
      know(SpecificData.get().getSchema(type));
    }
  }

  private void know(Schema schema) {
    released.put(SchemaNormalization.parsingFingerprint64(schema), schema);
  }

  /** By CRC-64-AVRO of the parsing canonical form. */
  Schema byFingerprint(long fingerprint) throws RejectedException {
    Schema schema = released.get(fingerprint);
    if (schema == null) {
      throw new RejectedException(
          RejectionReason.UNKNOWN_SCHEMA,
          "expected the fingerprint of a released schema of this topic, found "
              + Long.toHexString(fingerprint));
    }
    return schema;
  }

  Schema byId(int id) throws RejectedException, IOException {
    if (registry == null) {
      throw new RejectedException(
          RejectionReason.UNKNOWN_SCHEMA,
          "the record names schema id " + id + " and no schema registry is configured");
    }
    return registry.schema(id);
  }
}
