package dev.reslora.pipeline.local;

import com.fasterxml.jackson.databind.JsonNode;
import dev.reslora.schema.avro.ChatMessage;
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
 * @param language whether a language model learns from them: labels are not wanted
 */
record ExampleFields(Path file, @Nullable String adapterId, Instant eventTime, boolean language) {

  LabeledExample read(JsonNode fields, long line) throws MalformedLineException {
    if (!fields.isObject()) {
      String expected = language ? "text, prompt and completion, or messages" : "text and label";
      throw fault(line, "expected an object with " + expected + ", found " + kind(fields));
    }
    String adapter = text(fields, "adapterId", adapterId, line);
    String id = text(fields, "exampleId", file + ":" + line, line);
    Instant time = time(fields, line);
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
