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
 * @param specialTokens its special tokens, by id
 */
public record TokenizerSummary(
    String algorithm, int vocabulary, boolean lowercases, List<String> specialTokens) {

  static TokenizerSummary of(Path file) throws IOException {
    JsonNode json = ModelJson.read(file, EncoderArchive.MAX_TOKENIZER);
    JsonNode model = json.path("model");
    if (!model.path("vocab").isContainerNode()) {
      throw new ModelFileException(file, "has no model with a vocab");
    }
    List<String> special = new ArrayList<>();
    for (JsonNode token : json.path("added_tokens")) {
      if (token.path("special").asBoolean()) {
        special.add(token.path("content").asText());
      }
    }
    return new TokenizerSummary(
        model.path("type").asText("unknown"),
        model.path("vocab").size(),
        json.at("/normalizer/lowercase").asBoolean(),
        special);
  }
}
