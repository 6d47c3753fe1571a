package dev.reslora.text.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What stands after {@code is}. */
final class Conditions {

  private Conditions() {}

  private static final Map<String, Predicate<Object>> ALL =
      Map.ofEntries(
          Map.entry("defined", value -> value != Nothing.UNDEFINED),
          Map.entry("undefined", value -> value == Nothing.UNDEFINED),
          Map.entry("none", value -> value == Nothing.NONE),
          Map.entry("string", String.class::isInstance),
          Map.entry("mapping", Map.class::isInstance),
          Map.entry("number", Number.class::isInstance),
          Map.entry("integer", Long.class::isInstance),
          Map.entry("boolean", Boolean.class::isInstance),
          Map.entry("true", value -> value.equals(true)),
          Map.entry("false", value -> value.equals(false)),
          Map.entry("callable", Function.class::isInstance),
          Map.entry("sequence", Conditions::iterable),
          Map.entry("iterable", Conditions::iterable));

  private static boolean iterable(Object value) {
    return value instanceof String || value instanceof List || value instanceof Map;
  }

  /** A condition by its name; empty where it is none of those known here. */
  static Optional<Predicate<Object>> named(String name) {
    return Optional.ofNullable(ALL.get(name));
  }
}
