package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@code tokenizer.json} says of itself.
 *
 * @param algorithm WordPiece, BPE or Unigram
 * @param vocabulary entries
 * @param lowercases whether texts are lower-cased first
 * @param largestId largest token id that it can give
 * @param specialTokens its special tokens, by id
 */
public record TokenizerSummary(
    String algorithm,
    int vocabulary,
    boolean lowercases,
    int largestId,
    List<String> specialTokens) {

  /**
   * Reads a model's tokenizer and checks that the model has a vector for every token.
   *
   * @throws ModelFileException when there is none, or it is of another model
   */
  public static TokenizerSummary of(HuggingFaceDirectory directory, ModelConfig config)
      throws IOException {
    TokenizerSummary summary = of(directory.tokenizerFile());
    if (summary.largestId >= config.vocabulary()) {
      throw new ModelFileException(
          directory.tokenizerFile(),
          "has token id "
              + summary.largestId
              + ", expected less than the model's vocabulary of "
              + config.vocabulary());
    }
    return summary;
  }

  private static TokenizerSummary of(Path file) throws IOException {
    JsonNode json = ModelJson.read(file, EncoderArchive.MAX_TOKENIZER);
    JsonNode model = json.path("model");
    if (!model.path("vocab").isContainerNode()) {
      throw new ModelFileException(file, "has no model with a vocab");
    }
    List<String> special = new ArrayList<>();
    int largest = largestId(model.path("vocab"));
    for (JsonNode token : json.path("added_tokens")) {
      largest = Math.max(largest, token.path("id").asInt());
      if (token.path("special").asBoolean()) {
        special.add(token.path("content").asText());
      }
    }
    return new TokenizerSummary(
        model.path("type").asText("unknown"),
        model.path("vocab").size(),
        json.at("/normalizer/lowercase").asBoolean(),
        largest,
        special);
  }

  /** Unigram vocabularies are lists, whose ids are places; the others are maps to ids. */
  private static int largestId(JsonNode vocabulary) {
    if (vocabulary.isArray()) {
      return vocabulary.size() - 1;
    }
    int largest = 0;
    for (JsonNode id : vocabulary) {
      largest = Math.max(largest, id.asInt());
    }
    return largest;
  }
}
