package dev.reslora.pipeline;

import dev.reslora.pipeline.ResLoraOptions.Documented;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * Typed reading of flat settings. A value that cannot be read becomes a problem and its option's
 * default, so that reading goes on and finds the next problem too.
 */
final class Settings {

  private final Map<String, String> byKey;
  private final Configuration typed;
  private final Set<String> problems;

  Settings(Map<String, String> byKey, List<String> problems) {
    this.byKey = byKey;
    this.typed = Configuration.fromMap(byKey);
    this.problems = new LinkedHashSet<>(problems);
  }

  /** In the order found, each once. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  void problem(ConfigOption<?> option, String expected, Object found) {
    problems.add(option.key() + ": expected " + expected + ", found '" + found + "'");
  }

  void problem(String sentence) {
    problems.add(sentence);
  }

  /** The value of an option that has a default. */
  <T> T get(ConfigOption<T> option) {
    try {
      return typed.get(option);
    } catch (IllegalArgumentException e) {
      problem(option, "a value of type " + type(option), byKey.getOrDefault(option.key(), ""));
      return option.defaultValue();
    }
  }

  /** The value of an option that has a default, within bounds that the words describe. */
  <T> T get(ConfigOption<T> option, Predicate<T> accepts, String expected) {
    T value = get(option);
    if (!accepts.test(value)) {
      problem(option, expected, byKey.getOrDefault(option.key(), value.toString()));
      return option.defaultValue();
    }
    return value;
  }

  /** Elements of a list, none blank. */
  List<String> list(ConfigOption<List<String>> option) {
    String text = byKey.get(option.key());
    if (text == null) {
      return option.defaultValue();
    }
    return Arrays.stream(text.split(";", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** One of a closed choice, by its label. */
  <E> E choice(ConfigOption<String> option, E[] values, Function<E, String> label) {
    String text = text(option);
    for (E value : values) {
      if (label.apply(value).equals(text)) {
        return value;
      }
    }
    problem(
        option,
        "one of " + Arrays.stream(values).map(label).collect(Collectors.joining(", ")),
        text);
    return values[0];
  }

  /** A text that is there and not blank; the empty text where a problem says that it is not. */
  String text(ConfigOption<String> option) {
    String text = optional(option);
    if (text != null) {
      return text;
    }
    problems.add(option.key() + ": is required");
    return "";
  }

  /** A text, or null where it is missing or blank and has no default. */
  @Nullable String optional(ConfigOption<String> option) {
    String text = byKey.get(option.key());
    if (text == null) {
      return option.hasDefaultValue() ? option.defaultValue() : null;
    }
    return text.isBlank() ? null : text;
  }

  /** Settings under a prefix, without it. */
  SortedMap<String, String> under(String prefix) {
    SortedMap<String, String> found = new TreeMap<>();
    byKey.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), value);
          }
        });
    return found;
  }

  /** Every option as text, with what was set before the defaults. */
  SortedMap<String, String> effective() {
    SortedMap<String, String> all = new TreeMap<>(byKey);
    ResLoraOptions.documented()
        .forEach(
            documented -> {
              ConfigOption<?> option = documented.option();
              if (option.hasDefaultValue()) {
                all.putIfAbsent(option.key(), OptionsTable.text(option.defaultValue()));
              }
            });
    return all;
  }

  /** A key that is no option is a mistake in writing, whose default would silently apply. */
  void refuseUnknownKeys() {
    List<String> known =
        ResLoraOptions.documented().stream().map(documented -> documented.option().key()).toList();
    for (String key : byKey.keySet()) {
      if (!known.contains(key)
          && !key.startsWith(ResLoraOptions.KAFKA_PROPERTIES)
          && !key.startsWith(ResLoraOptions.FLINK)) {
        problems.add(key + ": no such option" + NearestName.hint(key, known));
      }
    }
  }

  private static String type(ConfigOption<?> option) {
    return ResLoraOptions.documented().stream()
        .filter(documented -> documented.option().equals(option))
        .map(Documented::type)
        .findFirst()
        .orElseThrow();
  }
}
