package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.util.stream.Collectors;

/** Request bodies, taken at their word: no unknown field, no text for a number. */
final class Bodies {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              texts ->
                  texts
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail))
          .build();

  private Bodies() {}

  /** Reads a body as a tree or a record. */
  static <T> T read(byte[] body, Class<T> type) throws BadRequestException {
    try {
      return MAPPER.treeToValue(tree(body), type);
    } catch (UnrecognizedPropertyException e) {
      throw new BadRequestException(
          "%s: expected one of the fields %s"
              .formatted(
                  e.getPropertyName(),
                  e.getKnownPropertyIds().stream()
                      .map(Object::toString)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    } catch (MismatchedInputException e) {
      throw new BadRequestException(place(e) + ": expected " + kind(e.getTargetType()));
    } catch (JsonMappingException e) {
      throw new BadRequestException(place(e) + ": " + e.getOriginalMessage());
    } catch (JsonProcessingException e) {
      throw new BadRequestException("the body: " + e.getOriginalMessage());
    }
  }

  private static JsonNode tree(byte[] body) throws BadRequestException {
    try {
      return MAPPER.readTree(body);
    } catch (JsonMappingException e) {
      throw new BadRequestException("the body: " + e.getOriginalMessage());
    } catch (JsonProcessingException e) {
      throw new BadRequestException("the body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new BadRequestException("the body is not JSON: " + e.getMessage());
    }
  }

  private static String place(JsonMappingException e) {
    return e.getPath().isEmpty() ? "the body" : e.getPath().get(0).getFieldName();
  }

  /** A type as JSON has it. */
  private static String kind(Class<?> type) {
    if (type == String.class) {
      return "a text";
    }
    if (type == Boolean.class) {
      return "true or false";
    }
    if (type == Integer.class || type == Long.class) {
      return "a whole number of up to %d bits".formatted(type == Long.class ? 64 : 32);
    }
    return type == Double.class ? "a number" : "an object";
  }
}
