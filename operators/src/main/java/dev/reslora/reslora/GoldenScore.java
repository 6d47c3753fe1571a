package dev.reslora.reslora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares against what a case expects, and keeps the worst. */
final class GoldenScore {

  private static final double[] NONE = {0, 0};

  private final Map<String, double[]> tolerances = new TreeMap<>();
  private final String group;
  private final List<String> failures = new ArrayList<>();
  private GoldenCase golden = new GoldenCase(new ObjectMapper().createObjectNode());
  private int cases;
  private double worst;
  private String where = "";

  GoldenScore(JsonNode tolerance, String group) {
    this.group = group;
    tolerance
        .properties()
        .forEach(
            entry ->
                tolerances.put(
                    entry.getKey(),
                    new double[] {
                      entry.getValue().path("absolute").asDouble(),
                      entry.getValue().path("relative").asDouble()
                    }));
  }

  void begin(GoldenCase next) {
    golden = next;
    cases++;
  }

  void fail(String message) {
    failures.add(golden.id() + ": " + message);
    worst = Double.POSITIVE_INFINITY;
  }

  /** Compares a field's numbers, flat; a field that the case does not expect is passed over. */
  void check(String field, float[] got) {
    double[] values = new double[got.length];
    Arrays.setAll(values, i -> got[i]);
    check(field, values);
  }

  void check(String field, double[] got) {
    JsonNode expected = golden.expected().path(field);
    if (expected.isMissingNode()) {
      return;
    }
    JsonNode data = expected.isArray() ? expected : expected.path("data");
    if (data.size() != got.length) {
      fail(field + ": expected " + data.size() + " numbers, found " + got.length);
      return;
    }
    double[] tolerance = tolerances.getOrDefault(group, NONE);
    for (int i = 0; i < got.length; i++) {
      double want = data.get(i).asDouble();
      double share = Math.abs(got[i] - want) / (tolerance[0] + tolerance[1] * Math.abs(want));
      if (!(share <= worst)) {
        worst = Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
        where = golden.id() + " " + field;
      }
      if (!(share <= 1)) {
        fail(field + "[" + i + "]: expected " + want + ", found " + got[i]);
        return;
      }
    }
  }

  GoldenCases.Group group() {
    return new GoldenCases.Group(group, cases, worst, where, List.copyOf(failures));
  }
}
