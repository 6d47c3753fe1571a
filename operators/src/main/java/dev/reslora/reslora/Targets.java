package dev.reslora.reslora;

import dev.reslora.nn.Projection;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Choosing a model's projections by name or regular expression. */
public final class Targets {

  private Targets() {}

  /**
   * The projections that any of the entries names, in execution order. An entry names a projection
   * when it is its module path, the end of that path after a dot ({@code query}, {@code
   * attention.output.dense}), or a regular expression that matches the whole path.
   *
   * @throws IllegalArgumentException when an entry names nothing; the message lists what there is
   */
  public static List<Projection> select(List<Projection> all, List<String> entries) {
    List<Projection> chosen = new ArrayList<>();
    for (Projection projection : all) {
      if (entries.stream().anyMatch(entry -> names(entry, projection))) {
        chosen.add(projection);
      }
    }
    for (String entry : entries) {
      if (all.stream().noneMatch(projection -> names(entry, projection))) {
        throw new IllegalArgumentException(
            "target-modules: "
                + entry
                + " names no projection of this model; there are "
                + all.stream().map(Projection::chain).distinct().collect(Collectors.joining(", ")));
      }
    }
    return chosen;
  }

  private static boolean names(String entry, Projection projection) {
    String module = projection.module();
    return module.equals(entry) || module.endsWith("." + entry) || Pattern.matches(entry, module);
  }
}
