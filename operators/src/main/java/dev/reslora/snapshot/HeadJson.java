package dev.reslora.snapshot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.reslora.reslora.ClassifierHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The {@code head.json} beside a classifier's weights.
 *
 * @param labels one a row of the weight
 * @param pooling cls or mean
 * @param hidden columns of the weight
 */
record HeadJson(List<String> labels, String pooling, int hidden) {

  private static final Set<String> POOLINGS = Set.of("cls", "mean");

  static HeadJson of(ClassifierHead head) {
    return new HeadJson(head.labels(), head.pooling(), head.hidden());
  }

  byte[] toJson() {
    return StableJson.write(
        new TreeMap<>(Map.of("labels", labels, "pooling", pooling, "hidden", hidden)));
  }

  static HeadJson parse(byte[] bytes) throws IOException {
    JsonNode json = StableJson.object(PeftLayout.HEAD, bytes);
    List<String> labels = new ArrayList<>();
    for (JsonNode label : json.path("labels")) {
      if (!label.isTextual()) {
        throw wrong("labels must be strings, found " + label);
      }
      labels.add(label.textValue());
    }
    String pooling = json.path("pooling").asText();
    if (!POOLINGS.contains(pooling)) {
      throw wrong("pooling must be cls or mean, found " + json.path("pooling"));
    }
    JsonNode hidden = json.path("hidden");
    if (!hidden.isInt() || hidden.intValue() < 1) {
      throw wrong("hidden must be at least 1, found " + hidden);
    }
    return new HeadJson(List.copyOf(labels), pooling, hidden.intValue());
  }

  private static IOException wrong(String what) {
    return new IOException(PeftLayout.HEAD + ": " + what);
  }
}
