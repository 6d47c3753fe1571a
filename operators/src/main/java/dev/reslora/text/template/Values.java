package dev.reslora.text.template;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;

/** What Python does with values. */
final class Values {

  private Values() {}

  static boolean truth(Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Long number) {
      return number != 0;
    }
    if (value instanceof Double number) {
      return number != 0;
    }
    return !(value instanceof Nothing) && !isEmpty(value);
  }

  private static boolean isEmpty(Object value) {
    return value.equals("")
        || (value instanceof List<?> list && list.isEmpty())
        || (value instanceof Map<?, ?> map && map.isEmpty());
  }

  /** As it is written to the output. */
  static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    return value == Nothing.UNDEFINED ? "" : representation(value);
  }

  /** Python's repr. */
  private static String representation(Object value) {
    if (value instanceof String text) {
      boolean doubled = text.contains("'") && !text.contains("\"");
      String quote = doubled ? "\"" : "'";
      String escaped = text.replace("\\", "\\\\").replace("\n", "\\n");
      return quote + (doubled ? escaped : escaped.replace("'", "\\'")) + quote;
    }
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof List<?> list) {
      StringJoiner joiner = new StringJoiner(", ", "[", "]");
      list.forEach(item -> joiner.add(representation(item)));
      return joiner.toString();
    }
    if (value instanceof Map<?, ?> map) {
      StringJoiner joiner = new StringJoiner(", ", "{", "}");
      map.forEach((key, item) -> joiner.add(representation(key) + ": " + representation(item)));
      return joiner.toString();
    }
    return value == Nothing.NONE ? "None" : value.toString();
  }

  /** Python's json.dumps, characters beyond ASCII as they are. */
  static String json(Object value) throws TemplateException {
    if (value instanceof String text) {
      return quoted(text);
    }
    if (value instanceof List<?> list) {
      StringJoiner joiner = new StringJoiner(", ", "[", "]");
      for (Object item : list) {
        joiner.add(json(item));
      }
      return joiner.toString();
    }
    if (value instanceof Map<?, ?> map) {
      StringJoiner joiner = new StringJoiner(", ", "{", "}");
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        joiner.add(quoted(entry.getKey().toString()) + ": " + json(entry.getValue()));
      }
      return joiner.toString();
    }
    if (value == Nothing.UNDEFINED || value instanceof Function) {
      throw new TemplateException("tojson: expected a value, found none");
    }
    return value == Nothing.NONE ? "null" : value.toString();
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        default -> quoted.append(c < ' ' ? String.format("\\u%04x", (int) c) : c);
      }
    }
    return quoted.append('"').toString();
  }

  /** What a loop goes over. */
  static List<Object> items(Object value) throws TemplateException {
    if (value instanceof List<?> list) {
      return List.copyOf(list);
    }
    if (value instanceof Map<?, ?> map) {
      return List.copyOf(map.keySet());
    }
    if (value instanceof String text) {
      return text.codePoints().<Object>mapToObj(Character::toString).toList();
    }
    if (value == Nothing.UNDEFINED) {
      return List.of();
    }
    throw unfit("a sequence", value);
  }

  static long length(Object value) throws TemplateException {
    return items(value).size();
  }

  static boolean equal(Object left, Object right) {
    if (left instanceof Number a && right instanceof Number b) {
      return a.doubleValue() == b.doubleValue();
    }
    return Objects.equals(left, right);
  }

  static int compare(Object left, Object right) throws TemplateException {
    if (left instanceof Number a && right instanceof Number b) {
      return Double.compare(a.doubleValue(), b.doubleValue());
    }
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    throw unfit("two numbers or two texts to compare", left);
  }

  static boolean contains(Object container, Object item) throws TemplateException {
    if (container instanceof String text) {
      return text.contains(text(item));
    }
    return items(container).stream().anyMatch(each -> equal(each, item));
  }

  static TemplateException unfit(String expected, Object found) {
    String shown = representation(found);
    return new TemplateException(
        "expected "
            + expected
            + ", found "
            + (shown.length() <= 60 ? shown : shown.substring(0, 60) + "..."));
  }
}
