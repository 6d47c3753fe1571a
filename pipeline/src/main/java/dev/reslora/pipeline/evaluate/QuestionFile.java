package dev.reslora.pipeline.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A user's own copy of a data set: one JSON object a line, or one array of objects. */
public final class QuestionFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private QuestionFile() {}

  /**
   * Reads questions.
   *
   * @param pattern of prompts, see {@link QuestionFormat}
   * @param limit most questions, from the first on
   * @throws IOException naming the line that is not as the format says
   */
  public static List<Question> read(Path file, QuestionFormat format, String pattern, int limit)
      throws IOException {
    List<Question> questions = new ArrayList<>();
    int number = 0;
    for (JsonNode line : lines(file)) {
      number++;
      if (questions.size() == limit) {
        break;
      }
      try {
        questions.add(format.read(line, pattern));
      } catch (IllegalArgumentException e) {
        throw new IOException("%s question %d: %s".formatted(file, number, e.getMessage()), e);
      }
    }
    if (questions.isEmpty()) {
      throw new IOException(file + ": expected a question, found none");
    }
    return questions;
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file);
        var values = JSON.readerFor(JsonNode.class).<JsonNode>readValues(reader)) {
      while (values.hasNextValue()) {
        lines.add(values.nextValue());
      }
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": is not JSON: " + e.getOriginalMessage(), e);
    }
    return lines;
  }
}
