package dev.reslora.text.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Attributes, items and methods of values. */
final class Methods {

  private Methods() {}

  /** {@code value.name}: a method, else what a map holds under the name. */
  static Object attribute(Object value, String name) throws TemplateException {
    if (value == Nothing.UNDEFINED) {
      throw new TemplateException("'" + name + "' of something that is not defined");
    }
    if (value instanceof Map<?, ?> map) {
      Object held = map.get(name);
      if (held != null) {
        return held;
      }
      Function method = ofMap(map, name);
      return method == null ? Nothing.UNDEFINED : method;
    }
    if (value instanceof String text) {
      return ofText(text, name);
    }
    return Nothing.UNDEFINED;
  }

  private static @Nullable Function ofMap(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> (arguments, named) -> pairs(map);
      case "keys" -> (arguments, named) -> Values.items(map);
      case "values" -> (arguments, named) -> List.copyOf(map.values());
      case "get" ->
          (arguments, named) -> {
            Object held = map.get(Filters.argument(arguments, 0, ""));
            return held == null ? Filters.argument(arguments, 1, Nothing.NONE) : held;
          };
      default -> null;
    };
  }

  private static Object ofText(String text, String name) {
    return switch (name) {
      case "strip" -> method((list, named) -> stripped(text, list, true, true));
      case "lstrip" -> method((list, named) -> stripped(text, list, true, false));
      case "rstrip" -> method((list, named) -> stripped(text, list, false, true));
      case "startswith" -> method((list, named) -> text.startsWith(word(list, 0)));
      case "endswith" -> method((list, named) -> text.endsWith(word(list, 0)));
      case "upper" -> method((list, named) -> text.toUpperCase(Locale.ROOT));
      case "lower" -> method((list, named) -> text.toLowerCase(Locale.ROOT));
      case "replace" -> method((list, named) -> text.replace(word(list, 0), word(list, 1)));
      case "split" -> method((list, named) -> split(text, list));
      default -> Nothing.UNDEFINED;
    };
  }

  private static Function method(Function function) {
    return function;
  }

  private static String word(List<Object> arguments, int number) throws TemplateException {
    if (Filters.argument(arguments, number, Nothing.UNDEFINED) instanceof String text) {
      return text;
    }
    throw Values.unfit("a text as argument", Filters.argument(arguments, number, Nothing.NONE));
  }

  private static String stripped(String text, List<Object> arguments, boolean left, boolean right)
      throws TemplateException {
    String characters = arguments.isEmpty() ? " \t\n\r\f\u000b" : word(arguments, 0);
    int begin = 0;
    int end = text.length();
    while (left && begin < end && characters.indexOf(text.charAt(begin)) >= 0) {
      begin++;
    }
    while (right && end > begin && characters.indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(begin, end);
  }

  private static List<Object> split(String text, List<Object> arguments) throws TemplateException {
    if (arguments.isEmpty()) {
      return text.isBlank() ? List.of() : List.of((Object[]) text.strip().split("\\s+", -1));
    }
    return Arrays.asList((Object[]) text.split(Pattern.quote(word(arguments, 0)), -1));
  }

  /** A map's entries, each a list of key and value. */
  static List<Object> pairs(Object value) throws TemplateException {
    if (!(value instanceof Map<?, ?> map)) {
      throw Values.unfit("a mapping", value);
    }
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, held) -> pairs.add(List.of(key, held)));
    return pairs;
  }

  /** {@code value[key]}. */
  static Object item(Object value, Object key) throws TemplateException {
    if (value == Nothing.UNDEFINED) {
      throw new TemplateException("an item of something that is not defined");
    }
    if (key instanceof Long place && !(value instanceof Map)) {
      return at(Values.items(value), place);
    }
    return key instanceof String name ? attribute(value, name) : Nothing.UNDEFINED;
  }

  static Object at(List<Object> items, long place) {
    long index = place < 0 ? place + items.size() : place;
    return index < 0 || index >= items.size() ? Nothing.UNDEFINED : items.get((int) index);
  }

  /** {@code value[begin:end:step]}; what is not given is {@link Nothing#NONE}. */
  static Object slice(Object value, Object begin, Object end, Object step)
      throws TemplateException {
    List<Object> items = new ArrayList<>(Values.items(value));
    long stride = step instanceof Long given ? given : 1;
    if (stride == -1 && begin == Nothing.NONE && end == Nothing.NONE) {
      Collections.reverse(items);
      return joined(value, items);
    }
    if (stride != 1) {
      throw new TemplateException("a slice's step: expected 1, or -1 of the whole, found " + step);
    }
    int from = bound(begin, 0, items.size());
    int to = bound(end, items.size(), items.size());
    return joined(value, items.subList(Math.min(from, to), to));
  }

  private static int bound(Object given, int otherwise, int size) {
    if (!(given instanceof Long place)) {
      return otherwise;
    }
    return (int) Math.max(0, Math.min(size, place < 0 ? place + size : place));
  }

  private static Object joined(Object origin, List<Object> items) {
    if (!(origin instanceof String)) {
      return items;
    }
    StringBuilder text = new StringBuilder();
    items.forEach(text::append);
    return text.toString();
  }
}
