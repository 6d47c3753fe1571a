package dev.reslora.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.Digests;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The examples of an {@link AnchorSource}: one JSON object a line, with {@code text} and {@code
 * label}, or for a language model {@code prompt} and {@code completion}, or {@code text} alone.
 * Empty lines are passed over.
 *
 * @param examples at most {@value #MOST}, in the file's order
 * @param digest SHA-256, hex, of the file
 * @param everySteps optimizer steps between measurements; 0: candidates alone
 */
record AnchorFile(List<TokenizedExample> examples, String digest, long everySteps) {

  /** There is none. */
  static final AnchorFile NONE = new AnchorFile(List.of(), "", 0);

  private static final int MOST = 256;
  private static final long MOST_BYTES = 16 << 20;
  private static final String OPTION = "reslora.forgetting.anchor-file";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Reads and tokenizes the file.
   *
   * @param model directory of the base model
   * @throws IllegalArgumentException naming the option, the line, what was expected and found
   * @throws UncheckedIOException when the file cannot be read
   */
  static AnchorFile read(@Nullable AnchorSource source, Path model) {
    if (source == null) {
      return NONE;
    }
    Path file = Path.of(source.file());
    try (ExampleEncoder encoder =
        ExampleEncoder.open(model, source.maxTokens(), TextTooLong.TRUNCATE)) {
      if (Files.size(file) > MOST_BYTES) {
        throw fault(file, "expected at most " + MOST_BYTES + " bytes, found " + Files.size(file));
      }
      byte[] bytes = Files.readAllBytes(file);
      List<TokenizedExample> examples = new ArrayList<>();
      int number = 0;
      for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
        number++;
        if (!line.isBlank()) {
          examples.add(example(encoder, line, file + ":" + number));
        }
      }
      if (examples.isEmpty() || examples.size() > MOST) {
        throw fault(file, "expected 1 to " + MOST + " examples, found " + examples.size());
      }
      return new AnchorFile(List.copyOf(examples), Digests.hex(bytes), source.everySteps());
    } catch (IOException e) {
      throw new UncheckedIOException(OPTION + ": " + file + ": " + e.getMessage(), e);
    }
  }

  private static TokenizedExample example(ExampleEncoder encoder, String line, String place) {
    try {
      TrainingExample record =
          TrainingExample.newBuilder()
              .setAdapterId("")
              .setExampleId(place)
              .setEventTime(Instant.EPOCH)
              .setPayload(payload(JSON.readTree(line), place))
              .build();
      TokenizedExample example = encoder.encode(record, "", 0, 0).get(0);
      if (example.label() == null && Task.LANGUAGE_MODELLING.predictions(example) < 1) {
        throw fault(place, "expected two tokens or more, found one");
      }
      return example;
    } catch (JsonProcessingException e) {
      throw fault(place, "expected a JSON object, found " + e.getOriginalMessage());
    } catch (RejectedException e) {
      throw fault(place, e.getMessage());
    }
  }

  private static Object payload(JsonNode fields, String place) {
    if (fields.has("completion")) {
      String prompt = fields.has("prompt") ? text(fields, "prompt", place) : "";
      return new PromptCompletion(prompt, text(fields, "completion", place));
    }
    String text = text(fields, "text", place);
    return fields.has("label")
        ? new LabeledText(text, text(fields, "label", place))
        : new PlainText(text);
  }

  private static String text(JsonNode fields, String name, String place) {
    JsonNode value = fields.path(name);
    if (!value.isTextual() && !value.isNumber()) {
      throw fault(place, "expected a text in '" + name + "', found " + value.getNodeType());
    }
    return value.asText();
  }

  private static IllegalArgumentException fault(Object place, @Nullable String message) {
    return new IllegalArgumentException(OPTION + ": " + place + ": " + message);
  }
}
