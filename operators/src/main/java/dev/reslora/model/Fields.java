package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * The checked fields of a {@code config.json}; a null default makes a field compulsory.
 *
 * @param file for messages
 * @param json the configuration
 */
record Fields(Object file, JsonNode json) {

  String text(String field, @Nullable String absent) throws ModelFileException {
    JsonNode value = json.path(field);
    if (missing(value) && absent != null) {
      return absent;
    }
    if (!value.isTextual()) {
      throw wrong(field, "a text", found(value));
    }
    return value.textValue();
  }

  int integer(String field, @Nullable Integer absent, int from, int to) throws ModelFileException {
    JsonNode value = json.path(field);
    if (missing(value) && absent != null) {
      return absent;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
      throw wrong(field, "an integer", found(value));
    }
    if (value.intValue() < from || value.intValue() > to) {
      throw wrong(field, "an integer from " + from + " to " + to, value);
    }
    return value.intValue();
  }

  boolean flag(String field, boolean absent) throws ModelFileException {
    JsonNode value = json.path(field);
    if (missing(value)) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw wrong(field, "true or false", value);
    }
    return value.booleanValue();
  }

  double positive(String field, @Nullable Double absent) throws ModelFileException {
    JsonNode value = json.path(field);
    if (missing(value) && absent != null) {
      return absent;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0) || !Double.isFinite(value.doubleValue())) {
      throw wrong(field, "a number above 0", found(value));
    }
    return value.doubleValue();
  }

  /** The fields of an object within; none where it is missing. */
  Fields object(String field) {
    return new Fields(file + ": " + field, json.path(field));
  }

  boolean isEmpty() {
    return json.isEmpty();
  }

  /** Whether it says something. */
  boolean has(String field) {
    return !missing(json.path(field));
  }

  /** Whether it says null, which differs from saying nothing where there is a default. */
  boolean isNull(String field) {
    return json.path(field).isNull();
  }

  double epsilon(String field, double absent) throws ModelFileException {
    JsonNode value = json.path(field);
    if (missing(value)) {
      return absent;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() < 1)) {
      throw wrong(field, "a number between 0 and 1", found(value));
    }
    return value.doubleValue();
  }

  Activation activation(String field) throws ModelFileException {
    String name = text(field, "gelu");
    return Activation.named(name)
        .orElseThrow(() -> wrong(field, "one of " + Activation.allNames(), name));
  }

  /** A field that may be absent, but says nothing else. */
  void require(String field, String expected) throws ModelFileException {
    JsonNode value = json.path(field);
    if (!missing(value) && !value.asText().equals(expected)) {
      throw wrong(field, expected, value);
    }
  }

  /** A number that may be absent, but is no other. */
  void require(String field, double expected) throws ModelFileException {
    JsonNode value = json.path(field);
    if (!missing(value) && value.asDouble(Double.NaN) != expected) {
      throw wrong(field, Double.toString(expected), value);
    }
  }

  ModelFileException wrong(String field, String expected, Object found) {
    return new ModelFileException(file, field + ": expected " + expected + ", found " + found);
  }

  private static boolean missing(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static Object found(JsonNode value) {
    return missing(value) ? "nothing" : value;
  }
}
