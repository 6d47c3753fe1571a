package dev.reslora.schema;

import java.io.IOException;
import org.apache.avro.Schema;

/** Where writers' schemas are known by number. Thread-confined. */
interface SchemaRegistry {

  /**
   * The schema of an id.
   *
   * @throws RejectedException when the registry answers that there is none, or none of Avro
   * @throws RegistryUnavailableException when it gives no usable answer
   */
  Schema schema(int id) throws RejectedException, IOException;

  /**
   * The id of a schema, registered under the subject if it is not there yet.
   *
   * @throws RegistryUnavailableException when the registry refuses or gives no usable answer
   */
  int register(String subject, Schema schema) throws IOException;
}
