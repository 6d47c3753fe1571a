package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * Makes an example of a line's fields: text and label, or for a language model prompt and
 * completion, or text alone; and adapterId, exampleId and eventTime or what stands in for them.
 *
 * @param file the file's name, for ids and messages
 * @param adapterId for lines without an adapterId; null when every line must have one
 * @param eventTime for lines without an eventTime
 * @param language whether a language model learns from them: labels are not wanted
 */
record ExampleFields(Path file, @Nullable String adapterId, Instant eventTime, boolean language) {

  LabeledExample read(JsonNode fields, long line) throws MalformedLineException {
    if (!fields.isObject()) {
      String expected = language ? "text, or prompt and completion" : "text and label";
      throw fault(line, "expected an object with " + expected + ", found " + kind(fields));
    }
    boolean completes = language && fields.has("completion");
    return new LabeledExample(
        text(fields, "adapterId", adapterId, line),
        text(fields, "exampleId", file + ":" + line, line),
        time(fields, line),
        completes ? text(fields, "prompt", "", line) : null,
        text(fields, completes ? "completion" : "text", null, line),
        language ? "" : text(fields, "label", null, line));
  }

  private String text(JsonNode fields, String name, @Nullable String otherwise, long line)
      throws MalformedLineException {
    JsonNode field = fields.path(name);
    boolean absent = field.isMissingNode() || field.isNull() || field.asText().isEmpty();
    if (absent && otherwise != null) {
      return otherwise;
    }
    if (absent || !field.isValueNode() || field.asText().isBlank()) {
      throw fault(line, "expected a text in '" + name + "', found " + kind(field));
    }
    return field.asText();
  }

  private Instant time(JsonNode fields, long line) throws MalformedLineException {
    JsonNode field = fields.path("eventTime");
    if (field.isMissingNode() || field.isNull() || field.asText().isEmpty()) {
      return eventTime;
    }
    String text = field.asText();
    try {
      return text.matches("-?\\d{1,18}")
          ? Instant.ofEpochMilli(Long.parseLong(text))
          : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new MalformedLineException(
          file.toString(),
          line,
          "expected ISO-8601 with an offset or milliseconds in 'eventTime', found " + kind(field),
          e);
    }
  }

  private MalformedLineException fault(long line, String message) {
    return new MalformedLineException(file.toString(), line, message, null);
  }

  private static String kind(JsonNode node) {
    if (node.isMissingNode()) {
      return "nothing";
    }
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }
}
