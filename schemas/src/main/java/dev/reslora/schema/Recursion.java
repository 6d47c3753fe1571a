package dev.reslora.schema;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Whether a schema contains itself. Records of such a one nest as deep as their bytes reach, and
 * Avro walks them on the thread's stack; none of ours does.
 */
final class Recursion {

  private final Set<String> open = new HashSet<>();
  private final Set<String> done = new HashSet<>();

  private Recursion() {}

  static boolean in(Schema schema) {
    return new Recursion().visit(schema);
  }

  private boolean visit(Schema schema) {
    return switch (schema.getType()) {
      case RECORD -> visitRecord(schema);
      case UNION -> visitAny(schema.getTypes());
      case ARRAY -> visit(schema.getElementType());
      case MAP -> visit(schema.getValueType());
      default -> false;
    };
  }

  private boolean visitRecord(Schema schema) {
    String name = schema.getFullName();
    if (done.contains(name)) {
      return false;
    }
    if (!open.add(name)) {
      return true;
    }
    boolean found = visitAny(schema.getFields().stream().map(Schema.Field::schema).toList());
    open.remove(name);
    done.add(name);
    return found;
  }

  private boolean visitAny(List<Schema> schemas) {
    return schemas.stream().anyMatch(this::visit);
  }
}
