package dev.reslora.pipeline;

import java.util.Comparator;
import java.util.List;

/** What a mistyped name may have been meant to be. */
final class NearestName {

  private NearestName() {}

  /** {@code "; did you mean ...?"}, or nothing where no name is near. */
  static String hint(String name, List<String> names) {
    String full = ResLoraOptions.PREFIX + name;
    String sought = names.contains(full) || !name.startsWith(ResLoraOptions.PREFIX) ? full : name;
    return names.stream()
        .min(Comparator.comparingInt(candidate -> distance(sought, candidate)))
        .filter(candidate -> distance(sought, candidate) <= Math.max(2, sought.length() / 4))
        .map(candidate -> "; did you mean " + candidate + "?")
        .orElse("");
  }

  /** Levenshtein: insertions, deletions and replacements from one to the other. */
  static int distance(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(previous[j], row[j - 1]) + 1);
      }
      previous = row;
    }
    return previous[to.length()];
  }
}
