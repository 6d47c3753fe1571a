package dev.reslora.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Every schema that a record type ever went out with, oldest first: {@code released/<type>/1.avsc},
 * {@code 2.avsc}, ... Single-object encoding names a schema by fingerprint only, so whoever reads
 * without a registry must have them all.
 */
final class ReleasedSchemas {

  private ReleasedSchemas() {}

  static List<Schema> of(Class<? extends SpecificRecordBase> type) {
    List<Schema> schemas = new ArrayList<>();
    for (int version = 1; ; version++) {
      String name = "released/" + type.getSimpleName() + "/" + version + ".avsc";
      try (InputStream file = ReleasedSchemas.class.getResourceAsStream(name)) {
        if (file == null) {
          return schemas;
        }
        schemas.add(new Schema.Parser().parse(file));
      } catch (IOException e) {
        throw new UncheckedIOException(name, e);
      }
    }
  }
}
