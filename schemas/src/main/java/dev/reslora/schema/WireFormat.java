package dev.reslora.schema;

import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.jspecify.annotations.Nullable;

/** What stands before a record's Avro binary and says which schema wrote it. */
public enum WireFormat {

  /** Avro's own: C3 01, then the schema's CRC-64-AVRO fingerprint, little-endian. No registry. */
  SINGLE_OBJECT("single-object", 10) {
    @Override
    byte[] header(Schema schema, String subject, @Nullable SchemaRegistry registry) {
      return ByteBuffer.allocate(headerLength())
          .order(ByteOrder.LITTLE_ENDIAN)
          .put((byte) 0xC3)
          .put((byte) 0x01)
          .putLong(SchemaNormalization.parsingFingerprint64(schema))
          .array();
    }

    @Override
    Schema writer(byte[] value, WriterSchemas schemas) throws RejectedException {
      long fingerprint = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
      return schemas.byFingerprint(fingerprint);
    }
  },

  /** Confluent's: 00, then the registry's schema id, big-endian. */
  CONFLUENT("confluent", 5) {
    @Override
    byte[] header(Schema schema, String subject, @Nullable SchemaRegistry registry)
        throws IOException {
      if (registry == null) {
        throw new IllegalArgumentException("the confluent format needs a schema registry");
      }
      int id = registry.register(subject, schema);
      return ByteBuffer.allocate(headerLength()).put((byte) 0).putInt(id).array();
    }

    @Override
    Schema writer(byte[] value, WriterSchemas schemas) throws RejectedException, IOException {
      return schemas.byId(ByteBuffer.wrap(value).getInt(1));
    }
  };

  private final String label;
  private final int headerLength;

  WireFormat(String label, int headerLength) {
    this.label = label;
    this.headerLength = headerLength;
  }

  /** The name in options. */
  public String label() {
    return label;
  }

  @Override
  public String toString() {
    return label;
  }

  int headerLength() {
    return headerLength;
  }

  /** The bytes before every record of this schema; registers it where the format needs that. */
  abstract byte[] header(Schema schema, String subject, @Nullable SchemaRegistry registry)
      throws IOException;

  /** The schema that the header names; the value is at least as long as the header. */
  abstract Schema writer(byte[] value, WriterSchemas schemas) throws RejectedException, IOException;

  /** The format of a record, by its first bytes; its header is complete. */
  static WireFormat of(byte[] value) throws RejectedException {
    WireFormat format = byMagic(value);
    if (value.length < format.headerLength) {
      throw new RejectedException(
          RejectionReason.MALFORMED,
          "expected a header of "
              + format.headerLength
              + " bytes ("
              + format
              + "), found "
              + value.length);
    }
    return format;
  }

  private static WireFormat byMagic(byte[] value) throws RejectedException {
    int first = value[0] & 0xFF;
    if (first == 0) {
      return CONFLUENT;
    }
    if (first == 0xC3 && (value.length == 1 || value[1] == 1)) {
      return SINGLE_OBJECT;
    }
    throw new RejectedException(
        RejectionReason.MALFORMED,
        String.format(
            "expected a first byte of 00 (confluent) or C3 01 (single-object), found %02X", first));
  }
}
