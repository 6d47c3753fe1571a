package dev.reslora.pipeline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** Manifests, and what commands say of them, as JSON with the schema's field names. */
final class ManifestJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ManifestJson() {}

  /** Fields by name, nested as they are; times in ISO 8601. */
  static Map<String, @Nullable Object> fields(IndexedRecord record) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (Schema.Field field : record.getSchema().getFields()) {
      fields.put(field.name(), plain(record.get(field.pos())));
    }
    return fields;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof IndexedRecord record) {
      return fields(record);
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> items = new ArrayList<>();
      list.forEach(item -> items.add(plain(item)));
      return items;
    }
    return value == null || value instanceof Number ? value : value.toString();
  }

  static String text(Object value) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists, numbers and text are JSON", e);
    }
  }
}
