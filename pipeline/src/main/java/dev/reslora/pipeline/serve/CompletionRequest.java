package dev.reslora.pipeline.serve;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.reslora.model.Sampling;
import dev.reslora.serving.Completions;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks: {@code {"prompt": "...", "max_tokens": 64, "temperature": 0, "top_p": 1,
 * "seed": 0, "stream": false}}, all but the prompt with these values where they are not given.
 */
record CompletionRequest(
    @Nullable String prompt,
    @JsonProperty("max_tokens") @Nullable Integer maxTokens,
    @Nullable Double temperature,
    @JsonProperty("top_p") @Nullable Double topP,
    @Nullable Long seed,
    @Nullable Boolean stream) {

  private static final int TOKENS = 64;

  /**
   * A request that is understood.
   *
   * @param streams whether the answer comes piece by piece
   */
  record Asked(Completions.Request request, boolean streams) {}

  static Asked parse(byte[] body) throws BadRequestException {
    CompletionRequest given = Bodies.read(body, CompletionRequest.class);
    if (given.prompt == null) {
      throw new BadRequestException("prompt: expected a text, found nothing");
    }
    try {
      Completions.Request request =
          new Completions.Request(
              given.prompt,
              given.maxTokens == null ? TOKENS : given.maxTokens,
              new Sampling(
                  given.temperature == null ? 0 : given.temperature,
                  given.topP == null ? 1 : given.topP,
                  given.seed == null ? 0 : given.seed));
      return new Asked(request, given.stream != null && given.stream);
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(String.valueOf(e.getMessage()));
    }
  }
}
