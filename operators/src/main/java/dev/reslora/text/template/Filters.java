package dev.reslora.text.template;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** What stands after a bar: {@code value | filter(arguments)}. */
final class Filters {

  private Filters() {}

  /** Changes a value. */
  interface Filter {
    Object of(Object value, List<Object> arguments) throws TemplateException;
  }

  private static final Map<String, Filter> ALL =
      Map.ofEntries(
          Map.entry("trim", (value, arguments) -> Values.text(value).strip()),
          Map.entry("tojson", (value, arguments) -> Values.json(value)),
          Map.entry("length", (value, arguments) -> Values.length(value)),
          Map.entry("count", (value, arguments) -> Values.length(value)),
          Map.entry("string", (value, arguments) -> Values.text(value)),
          Map.entry("safe", (value, arguments) -> value),
          Map.entry("list", (value, arguments) -> Values.items(value)),
          Map.entry("upper", (value, arguments) -> Values.text(value).toUpperCase(Locale.ROOT)),
          Map.entry("lower", (value, arguments) -> Values.text(value).toLowerCase(Locale.ROOT)),
          Map.entry("items", (value, arguments) -> Methods.pairs(value)),
          Map.entry("first", (value, arguments) -> Methods.at(Values.items(value), 0)),
          Map.entry("last", (value, arguments) -> Methods.at(Values.items(value), -1)),
          Map.entry("join", (value, arguments) -> joined(value, argument(arguments, 0, ""))),
          Map.entry("default", Filters::orDefault),
          Map.entry("d", Filters::orDefault),
          Map.entry(
              "replace",
              (value, arguments) ->
                  Values.text(value)
                      .replace(
                          Values.text(argument(arguments, 0, "")),
                          Values.text(argument(arguments, 1, "")))));

  /** A filter by its name; empty where it is none of those known here. */
  static Optional<Filter> named(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  static Object argument(List<Object> arguments, int number, Object otherwise) {
    return number < arguments.size() ? arguments.get(number) : otherwise;
  }

  private static Object orDefault(Object value, List<Object> arguments) {
    boolean falseToo = Values.truth(argument(arguments, 1, false));
    boolean absent = value == Nothing.UNDEFINED || (falseToo && !Values.truth(value));
    return absent ? argument(arguments, 0, "") : value;
  }

  private static String joined(Object value, Object separator) throws TemplateException {
    StringJoiner joiner = new StringJoiner(Values.text(separator));
    for (Object item : Values.items(value)) {
      joiner.add(Values.text(item));
    }
    return joiner.toString();
  }
}
