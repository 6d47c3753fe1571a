package dev.reslora.schema;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.avro.Schema;

/**
 * Asks once for an id: a schema never changes. That there is none is believed for a while only, as
 * a producer may have been faster than a replica of the registry. Outages are not remembered.
 */
final class CachedSchemaRegistry implements SchemaRegistry {

  private static final int MAX_SCHEMAS = 1_000;
  private static final int MAX_REFUSALS = 10_000;

  private final SchemaRegistry registry;
  private final long unknownForNanos;
  private final LongSupplier nanoTime;
  private final Map<Integer, Schema> schemas = new RecentlyUsed<>(MAX_SCHEMAS);
  private final Map<Integer, Refusal> refusals = new RecentlyUsed<>(MAX_REFUSALS);

  CachedSchemaRegistry(SchemaRegistry registry, Duration unknownFor, LongSupplier nanoTime) {
    this.registry = registry;
    this.unknownForNanos = unknownFor.toNanos();
    this.nanoTime = nanoTime;
  }

  @Override
  public Schema schema(int id) throws RejectedException, IOException {
    Schema known = schemas.get(id);
    if (known != null) {
      return known;
    }
    Refusal refusal = refusals.get(id);
    if (refusal != null && nanoTime.getAsLong() - refusal.nanos < unknownForNanos) {
      throw new RejectedException(
          refusal.fault.reason(), String.valueOf(refusal.fault.getMessage()));
    }
    return ask(id);
  }

  private Schema ask(int id) throws RejectedException, IOException {
    try {
      Schema schema = registry.schema(id);
      schemas.put(id, schema);
      refusals.remove(id);
      return schema;
    } catch (RejectedException fault) {
      refusals.put(id, new Refusal(fault, nanoTime.getAsLong()));
      throw fault;
    }
  }

  @Override
  public int register(String subject, Schema schema) throws IOException {
    return registry.register(subject, schema);
  }

  private record Refusal(RejectedException fault, long nanos) {}
}
