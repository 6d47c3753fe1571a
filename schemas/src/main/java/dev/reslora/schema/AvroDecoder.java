package dev.reslora.schema;

import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.AvroTypeException;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Reads the record types of a topic in either wire format, whatever compatible schema they were
 * written with: the writer's schema tells the type by its full name and is resolved against ours.
 * The bytes are not trusted. Thread-confined.
 */
public final class AvroDecoder<T extends SpecificRecordBase> {

  private static final int MAX_READERS = 1_000;

  private final Map<String, Class<? extends T>> types = new HashMap<>();
  private final WriterSchemas writers;
  private final Map<Schema, DatumReader<T>> readers = new RecentlyUsed<>(MAX_READERS);
  private final BoundedDecoder in = new BoundedDecoder();

  AvroDecoder(List<Class<? extends T>> types, WriterSchemas writers) {
    this.writers = writers;
    types.forEach(type -> this.types.put(SpecificData.get().getSchema(type).getFullName(), type));
  }

  /**
   * The record in these bytes, all of them.
   *
   * @throws RejectedException when they are none, or of a schema that cannot be read
   * @throws RegistryUnavailableException when the writer's schema could not be fetched
   */
  public T decode(byte[] value) throws RejectedException, IOException {
    if (value.length == 0) {
      throw new RejectedException(RejectionReason.EMPTY_RECORD, "expected a record, found 0 bytes");
    }
    WireFormat format = WireFormat.of(value);
    Schema writer = format.writer(value, writers);
    DatumReader<T> reader = readers.get(writer);
    if (reader == null) {
      reader = reader(writer);
      readers.put(writer, reader);
    }
    return read(writer, reader, value, format.headerLength());
  }

  private DatumReader<T> reader(Schema writer) throws RejectedException {
    Class<? extends T> type =
        writer.getType() == Schema.Type.RECORD ? types.get(writer.getFullName()) : null;
    if (type == null) {
      throw incompatible(writer, "expected one of " + types.keySet());
    }
    if (Recursion.in(writer)) {
      throw incompatible(writer, "expected a schema that does not contain itself");
    }
    SpecificData model = SpecificData.getForClass(type);
    return new SpecificDatumReader<>(writer, model.getSchema(type), model);
  }

  // Unchecked faults of the library are the bytes' own: an index beyond a union's branches, say.
  private T read(Schema writer, DatumReader<T> reader, byte[] value, int from)
      throws RejectedException {
    in.reset(value, from);
    T record;
    try {
      record = reader.read(null, in);
    } catch (AvroTypeException e) {
      throw incompatible(writer, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      throw malformed(writer, String.valueOf(e.getMessage()));
    }
    if (in.remaining() > 0) {
      throw malformed(writer, "expected the end, found " + in.remaining() + " more bytes");
    }
    return record;
  }

  private static RejectedException malformed(Schema writer, String problem) {
    return new RejectedException(
        RejectionReason.MALFORMED, "as " + writer.getFullName() + ": " + problem);
  }

  private static RejectedException incompatible(Schema writer, String problem) {
    return new RejectedException(
        RejectionReason.INCOMPATIBLE_SCHEMA, "written as " + writer.getFullName() + ": " + problem);
  }
}
