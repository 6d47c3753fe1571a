package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.reslora.model.Sampling;
import dev.reslora.serving.Completions;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks: {@code {"prompt": "...", "max_tokens": 64, "temperature": 0, "top_p": 1,
 * "seed": 0}}, all but the prompt with these values where they are not given.
 */
record CompletionRequest(
    @Nullable String prompt,
    @JsonProperty("max_tokens") @Nullable Integer maxTokens,
    @Nullable Double temperature,
    @JsonProperty("top_p") @Nullable Double topP,
    @Nullable Long seed) {

  private static final int TOKENS = 64;

  static Completions.Request parse(byte[] body) throws BadRequestException {
    CompletionRequest given = Bodies.read(body, CompletionRequest.class);
    if (given.prompt == null) {
      throw new BadRequestException("prompt: expected a text, found nothing");
    }
    try {
      return new Completions.Request(
          given.prompt,
          given.maxTokens == null ? TOKENS : given.maxTokens,
          new Sampling(
              given.temperature == null ? 0 : given.temperature,
              given.topP == null ? 1 : given.topP,
              given.seed == null ? 0 : given.seed));
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(String.valueOf(e.getMessage()));
    }
  }
}
