package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks: {@code {"inputs": "a text"}}, or several texts, or pairs of texts that the
 * model reads together, as an array of strings and of arrays of two strings.
 *
 * @param inputs at least one
 */
record InferenceRequest(List<Input> inputs) {

  /** A text, or two. */
  record Input(String text, @Nullable String pair) {}

  /**
   * Reads a body.
   *
   * @param most texts that a request may have
   */
  static InferenceRequest parse(byte[] body, int most) throws BadRequestException {
    JsonNode json = Bodies.read(body, JsonNode.class);
    if (!json.isObject()) {
      throw new BadRequestException("the body: expected a JSON object, found " + kind(json));
    }
    for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!name.equals("inputs")) {
        throw new BadRequestException("expected the field inputs alone, found " + name);
      }
    }
    JsonNode given = json.path("inputs");
    if (given.isTextual()) {
      return new InferenceRequest(List.of(new Input(given.textValue(), null)));
    }
    if (!given.isArray() || given.isEmpty()) {
      throw new BadRequestException(
          "inputs: expected a text or an array of texts, found " + kind(given));
    }
    if (given.size() > most) {
      throw new BadRequestException(
          "inputs: expected at most " + most + " texts, found " + given.size());
    }
    List<Input> inputs = new ArrayList<>();
    for (JsonNode each : given) {
      inputs.add(input(each, inputs.size()));
    }
    return new InferenceRequest(List.copyOf(inputs));
  }

  private static Input input(JsonNode given, int index) throws BadRequestException {
    if (given.isTextual()) {
      return new Input(given.textValue(), null);
    }
    if (given.isArray()
        && given.size() == 2
        && given.get(0).isTextual()
        && given.get(1).isTextual()) {
      return new Input(given.get(0).textValue(), given.get(1).textValue());
    }
    throw new BadRequestException(
        "inputs[%d]: expected a text or an array of two, found %s".formatted(index, kind(given)));
  }

  private static String kind(JsonNode json) {
    return switch (json.getNodeType()) {
      case MISSING -> "nothing";
      case ARRAY -> "an array of " + json.size();
      case OBJECT -> "an object";
      case STRING -> "a text";
      default -> json.toString();
    };
  }
}
