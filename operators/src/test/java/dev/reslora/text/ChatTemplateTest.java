package dev.reslora.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.reslora.model.ModelFileException;
import dev.reslora.schema.avro.ChatMessage;
import dev.reslora.text.template.TemplateException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against what transformers 5.18 wrote, see src/test/python/chat_cases.py. */
class ChatTemplateTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  /** A template and its conversations, named. */
  record Case(JsonNode json) {

    @Override
    public String toString() {
      return json.path("name").asText();
    }
  }

  static Stream<Case> cases() throws IOException {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("chat-templates.json")) {
      JsonNode all = JSON.readTree(Objects.requireNonNull(in));
      return StreamSupport.stream(all.spliterator(), false).map(Case::new);
    }
  }

  private ChatTemplate open(ObjectNode config) throws IOException {
    JSON.writeValue(directory.resolve("tokenizer_config.json").toFile(), config);
    return ChatTemplate.open(directory).orElseThrow();
  }

  private ChatTemplate open(String template) throws IOException {
    return open(JSON.createObjectNode().put("chat_template", template));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void writesWhatTransformersWrites(Case recorded) throws Exception {
    JsonNode json = recorded.json();
    ObjectNode config = JSON.createObjectNode();
    config.set("chat_template", json.path("template"));
    config.set("bos_token", json.path("bos_token"));
    config.putObject("eos_token").put("content", json.path("eos_token").asText());
    ChatTemplate template = open(config);
    assertThat(json.path("conversations")).hasSize(10);
    for (JsonNode conversation : json.path("conversations")) {
      List<ChatMessage> messages = messages(conversation.path("messages"));
      boolean opened = conversation.path("open").asBoolean();
      if (conversation.has("refused")) {
        assertThatThrownBy(() -> template.render(messages, opened))
            .isInstanceOf(TemplateException.class)
            .hasMessage(conversation.path("refused").asText());
      } else {
        assertThat(template.render(messages, opened)).isEqualTo(conversation.path("text").asText());
      }
    }
  }

  private static List<ChatMessage> messages(JsonNode json) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : json) {
      messages.add(
          new ChatMessage(message.path("role").asText(), message.path("content").asText()));
    }
    return messages;
  }

  @Test
  void prefersTheFileOfItsOwn() throws Exception {
    Files.writeString(directory.resolve("chat_template.jinja"), "{{ messages[0].content }}!\n");
    assertThat(open("unused").render(List.of(new ChatMessage("user", "hi")), true))
        .isEqualTo("hi!");
  }

  @Test
  void takesTheDefaultOfSeveral() throws Exception {
    ObjectNode config = JSON.createObjectNode();
    config
        .putArray("chat_template")
        .add(JSON.createObjectNode().put("name", "tool_use").put("template", "no"))
        .add(JSON.createObjectNode().put("name", "default").put("template", "yes"));
    assertThat(open(config).render(List.of(), false)).isEqualTo("yes");
  }

  @Test
  void isAbsentWhereTheModelHasNone() throws IOException {
    assertThat(ChatTemplate.open(directory)).isEmpty();
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\"}");
    assertThat(ChatTemplate.open(directory)).isEmpty();
  }

  @Test
  void refusesWhatIsNotKnownByLineAndName() {
    assertRefused("a\n{% macro x() %}{% endmacro %}", "line 2: expected if, for, set");
    assertRefused("{{ messages | selectattr('role') }}", "line 1: expected a filter");
    assertRefused("{{ 1 is divisibleby(3) }}", "line 1: expected a condition");
    assertRefused("{{ 'open }}", "line 1: a string does not end");
    assertRefused("{% if x %}", "line 1: expected elif or else or endif, found the end");
    assertRefused("{{ 1 +", "a tag does not end");
    assertRefused("{{ x y }}", "expected '}}', found 'y'");
    assertRefused("{% endif %}", "expected if, for, set");
  }

  private void assertRefused(String template, String why) {
    assertThatThrownBy(() -> open(template))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("chat_template: ")
        .hasMessageContaining(why);
  }

  @Test
  void refusesWhatCannotBeComputed() throws IOException {
    assertFails("{{ messages[0].content + 1 }}", "expected numbers, or texts to add");
    assertFails("{{ missing.name }}", "'name' of something that is not defined");
    assertFails("{{ now() }}", "line 1: calls a function or method that is not known here");
    assertFails("{{ messages | tojson(indent=2) }}", "tojson: expected no [indent]");
  }

  /** transformers' order; Java's own would be another one after each start. */
  @Test
  void printsMessagesInOneOrder() throws Exception {
    List<ChatMessage> messages = List.of(new ChatMessage("user", "hi"));
    assertThat(open("{{ messages | tojson }}").render(messages, false))
        .isEqualTo("[{\"role\": \"user\", \"content\": \"hi\"}]");
  }

  private void assertFails(String template, String why) throws IOException {
    ChatTemplate read = open(template);
    List<ChatMessage> messages = List.of(new ChatMessage("user", "hi"));
    assertThatThrownBy(() -> read.render(messages, false))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(why);
  }
}
