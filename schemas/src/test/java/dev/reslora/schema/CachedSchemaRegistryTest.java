package dev.reslora.schema;

import static dev.reslora.schema.Faults.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.avro.RejectionReason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CachedSchemaRegistryTest {

  private final AtomicLong nanos = new AtomicLong();
  private InMemoryRegistry server;
  private CachedSchemaRegistry registry;

  @BeforeEach
  void start() throws IOException {
    server = InMemoryRegistry.start();
    registry =
        new CachedSchemaRegistry(
            new RestSchemaRegistry(server.config()), Duration.ofMinutes(1), nanos::get);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void believesForAWhileThatAnIdIsUnknown() throws Exception {
    assertThat(reasonOf(() -> registry.schema(1))).isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    server.add("\"long\"");
    assertThat(reasonOf(() -> registry.schema(1))).isEqualTo(RejectionReason.UNKNOWN_SCHEMA);
    assertThat(server.requests()).hasSize(1);

    nanos.set(Duration.ofMinutes(1).toNanos());
    assertThat(registry.schema(1)).isEqualTo(Schema.create(Schema.Type.LONG));
  }

  @Test
  void keepsReadingKnownIdsWhileTheRegistryIsDown() throws Exception {
    server.add("\"long\"");
    registry.schema(1);
    server.close();

    assertThat(registry.schema(1)).isEqualTo(Schema.create(Schema.Type.LONG));
  }
}
