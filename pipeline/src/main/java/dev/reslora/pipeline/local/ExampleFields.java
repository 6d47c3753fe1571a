package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.JsonNode;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.PromptCompletion;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes an example of a line's fields: text and label, or for a language model messages, prompt and
 * completion, or text alone; and adapterId, exampleId and eventTime or what stands in for them.
 *
 * @param file the file's name, for ids and messages
 * @param adapterId for lines without an adapterId; null when every line must have one
 * @param eventTime for lines without an eventTime
 * @param form what a line has
 */
record ExampleFields(Path file, @Nullable String adapterId, Instant eventTime, Form form) {

  /** What a line has. */
  enum Form {
    /** A text and its label. */
    LABELED("text and label"),
    /** What a language model learns from; labels are not wanted. */
    LANGUAGE("text, prompt and completion, or messages"),
    /** Text and label, or one of them, and the exampleId that brings them together. */
    APART("text, label, or both");

    private final String label;

    Form(String label) {
      this.label = label;
    }
  }

  LabeledExample read(JsonNode fields, long line) throws MalformedLineException {
    if (!fields.isObject()) {
      throw fault(line, "expected an object with " + form.label + ", found " + kind(fields));
    }
    String adapter = text(fields, "adapterId", adapterId, line);
    Instant time = time(fields, line);
    boolean language = form == Form.LANGUAGE;
    if (form == Form.APART && !(has(fields, "text") && has(fields, "label"))) {
      return apart(fields, adapter, time, line);
    }
    String id = text(fields, "exampleId", file + ":" + line, line);
    if (language && fields.has("messages")) {
      return LabeledExample.conversation(adapter, id, time, messages(fields, line));
    }
    if (language && fields.has("completion")) {
      String prompt = text(fields, "prompt", "", line);
      String completion = text(fields, "completion", null, line);
      return LabeledExample.completing(adapter, id, time, new PromptCompletion(prompt, completion));
    }
    String label = language ? "" : text(fields, "label", null, line);
    return new LabeledExample(adapter, id, time, text(fields, "text", null, line), label);
  }

  private LabeledExample apart(JsonNode fields, String adapter, Instant time, long line)
      throws MalformedLineException {
    String id = text(fields, "exampleId", null, line);
    if (has(fields, "text")) {
      return LabeledExample.unlabeled(adapter, id, time, text(fields, "text", null, line));
    }
    boolean correction = fields.path("correction").asBoolean(false);
    LaterLabel label = new LaterLabel(text(fields, "label", null, line), correction);
    return LabeledExample.later(adapter, id, time, label);
  }

  private static boolean has(JsonNode fields, String name) {
    return !fields.path(name).asText().isEmpty() && !fields.path(name).isNull();
  }

  private List<ChatMessage> messages(JsonNode fields, long line) throws MalformedLineException {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : fields.path("messages")) {
      JsonNode content = message.path("content");
      if (!content.isTextual()) {
        throw fault(line, "expected a text in 'content' of a message, found " + kind(content));
      }
      messages.add(new ChatMessage(text(message, "role", null, line), content.asText()));
    }
    if (messages.isEmpty()) {
      throw fault(line, "expected messages in 'messages', found none");
    }
    return messages;
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
