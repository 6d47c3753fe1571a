package dev.reslora.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.ModelFileException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.text.template.Template;
import dev.reslora.text.template.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model's own form of a conversation, from its directory: {@code chat_template.jinja}, else the
 * field {@code chat_template} of {@code tokenizer_config.json}. Safe for any number of threads.
 */
final class ChatTemplate {

  private static final String CONFIG = "tokenizer_config.json";
  private static final String FIELD = "chat_template";
  private static final long MAX_BYTES = 16L << 20;
  private static final List<String> SPECIAL_TOKENS =
      List.of("bos_token", "eos_token", "unk_token", "pad_token");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Template template;
  private final Map<String, String> specialTokens;

  private ChatTemplate(Template template, Map<String, String> specialTokens) {
    this.template = template;
    this.specialTokens = specialTokens;
  }

  /**
   * Opens the template of a model directory; empty where it has none.
   *
   * @throws ModelFileException when it uses more of Jinja than is known here, naming line and word
   */
  static Optional<ChatTemplate> open(Path modelDirectory) throws IOException {
    JsonNode config = config(modelDirectory.resolve(CONFIG));
    Path file = modelDirectory.resolve("chat_template.jinja");
    boolean own = Files.isRegularFile(file);
    Optional<String> source = own ? Optional.of(read(file)) : source(config.path(FIELD));
    if (source.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ChatTemplate(Template.of(source.get()), specialTokens(config)));
    } catch (TemplateException e) {
      throw new ModelFileException(
          own ? file : modelDirectory.resolve(CONFIG), FIELD + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode config(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return JSON.createObjectNode();
    }
    try {
      return JSON.readTree(read(file));
    } catch (JsonProcessingException e) {
      throw new ModelFileException(file, "is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new ModelFileException(
          file, "has " + Files.size(file) + " bytes, expected at most " + MAX_BYTES);
    }
    return Files.readString(file);
  }

  /** A text, or of a list of named ones the one named default. */
  private static Optional<String> source(JsonNode field) {
    for (JsonNode named : field) {
      if (named.path("name").asText().equals("default")) {
        return Optional.of(named.path("template").asText());
      }
    }
    return field.isTextual() ? Optional.of(field.asText()) : Optional.empty();
  }

  /** Each a text, or an object with its text as content. */
  private static Map<String, String> specialTokens(JsonNode config) {
    Map<String, String> tokens = new HashMap<>();
    for (String name : SPECIAL_TOKENS) {
      JsonNode token = config.path(name);
      String text = token.path("content").asText(token.isTextual() ? token.asText() : "");
      if (!text.isEmpty()) {
        tokens.put(name, text);
      }
    }
    return tokens;
  }

  /**
   * The text of a conversation, special tokens written out.
   *
   * @param open whether the assistant is to speak next: ends with what its turn begins with
   * @throws TemplateException when the template refuses the conversation
   */
  String render(List<ChatMessage> messages, boolean open) throws TemplateException {
    Map<String, Object> values = new HashMap<>(specialTokens);
    values.put("messages", messages.stream().map(ChatTemplate::fields).toList());
    values.put("add_generation_prompt", open);
    return template.render(values);
  }

  /** In the order that transformers has them: a template may print the whole. */
  private static Map<String, Object> fields(ChatMessage message) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("role", message.getRole());
    fields.put("content", message.getContent());
    return fields;
  }
}
