package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** Request bodies, taken at their word: no unknown field, no text for a number. */
final class Bodies {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private Bodies() {}

  /** Reads a body as a tree or a record. */
  static <T> T read(byte[] body, Class<T> type) throws BadRequestException {
    try {
      return MAPPER.readValue(body, type);
    } catch (JsonMappingException e) {
      String field = e.getPath().isEmpty() ? "the body" : e.getPath().get(0).getFieldName();
      throw new BadRequestException(field + ": " + e.getOriginalMessage());
    } catch (JsonProcessingException e) {
      throw new BadRequestException("the body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new BadRequestException("the body is not JSON: " + e.getMessage());
    }
  }
}
