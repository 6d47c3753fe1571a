package dev.reslora.serving;

import ai.djl.ndarray.NDManager;
import dev.reslora.model.Decoder;
import dev.reslora.model.LlamaBase;
import dev.reslora.model.PackedBatch;
import dev.reslora.model.Sampling;
import dev.reslora.nn.LiveAdapter;
import dev.reslora.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Texts that a language model goes on with, through any adapter, merged or live. Safe for any
 * number of threads.
 */
public final class Completions {

  /** What a decoder shows for bytes that do not make a character yet. */
  private static final char UNFINISHED = '\uFFFD';

  private final LlamaBase base;
  private final Tokenizer tokenizer;

  /** Owns neither. */
  public Completions(LlamaBase base, Tokenizer tokenizer) {
    this.base = base;
    this.tokenizer = tokenizer;
  }

  /** Why a completion ended. */
  public enum End {
    /** The model said so. */
    STOP,
    /** It is as long as was asked for, or as the model can take. */
    LENGTH
  }

  /**
   * What is asked for.
   *
   * @param prompt what is gone on with; may be empty where the tokenizer begins texts with a token
   * @param maxTokens most tokens of the completion, at least 1
   * @param sampling how its tokens are chosen
   */
  public record Request(String prompt, int maxTokens, Sampling sampling) {}

  /**
   * A completion.
   *
   * @param text the prompt not included
   * @param promptTokens tokens of the prompt
   * @param tokens tokens of the completion, an end token not included
   * @param end why it ended
   */
  public record Completion(String text, int promptTokens, int tokens, End end) {}

  /**
   * Goes on with a text.
   *
   * @param parts gets the text piece by piece, whole characters only, as soon as it is there
   * @throws IllegalArgumentException when the prompt is too long or has no token
   */
  public Completion complete(LiveAdapter adapter, Request request, Consumer<String> parts) {
    int[] prompt = tokenizer.encode(request.prompt()).tokens();
    int limit = base.config().maxTokens();
    if (prompt.length == 0 || prompt.length >= limit) {
      throw new IllegalArgumentException(
          "prompt: expected 1 to " + (limit - 1) + " tokens, found " + prompt.length);
    }
    if (request.maxTokens() < 1) {
      throw new IllegalArgumentException(
          "max tokens: expected at least 1, found " + request.maxTokens());
    }
    int most = Math.min(request.maxTokens(), limit - prompt.length);
    Writing writing = new Writing(most, parts);
    try (Decoder decoder = base.decoder(adapter, prompt.length + most)) {
      float[] logits = decoder.accept(prompt);
      while (true) {
        int token = request.sampling().choose(logits, decoder.length());
        if (base.config().endTokens().contains(token)) {
          return writing.finished(prompt.length, End.STOP);
        }
        writing.add(token);
        if (writing.count == most) {
          return writing.finished(prompt.length, End.LENGTH);
        }
        logits = decoder.accept(token);
      }
    }
  }

  /**
   * How likely texts are to go on with a prompt: of each the sum of its tokens' log probabilities,
   * nats. Where the two meet a token may hold a piece of both; it counts as the ending's.
   *
   * @throws IllegalArgumentException when prompt and ending are too long, or there is no token to
   *     predict
   */
  public double[] logLikelihoods(LiveAdapter adapter, String prompt, List<String> endings) {
    int[] given = tokenizer.encode(prompt).tokens();
    int limit = base.config().maxTokens();
    List<PackedBatch.Sequence> sequences = new ArrayList<>();
    int[] from = new int[endings.size()];
    for (int i = 0; i < from.length; i++) {
      int[] tokens = tokenizer.encode(prompt + endings.get(i)).tokens();
      int same = Arrays.mismatch(given, tokens);
      from[i] = Math.max(1, same < 0 ? given.length : same);
      if (tokens.length > limit || from[i] >= tokens.length) {
        throw new IllegalArgumentException(
            "prompt and ending: expected %d to %d tokens, found %d"
                .formatted(from[i] + 1, limit, tokens.length));
      }
      sequences.add(new PackedBatch.Sequence(tokens, new int[0]));
    }
    try (NDManager scope = base.manager().newSubManager()) {
      float[] losses = base.test(base.pack(scope, sequences), adapter, from).losses();
      return IntStream.range(0, losses.length).mapToDouble(i -> -losses[i]).toArray();
    }
  }

  /** A completion so far; a token may be a piece of a character, so all are decoded together. */
  private final class Writing {

    private final int[] tokens;
    private final Consumer<String> parts;
    private int count;
    private String shown = "";

    Writing(int most, Consumer<String> parts) {
      this.tokens = new int[most];
      this.parts = parts;
    }

    void add(int token) {
      tokens[count++] = token;
      String text = text();
      if (text.isEmpty() || text.charAt(text.length() - 1) != UNFINISHED) {
        show(text);
      }
    }

    private String text() {
      return tokenizer.decode(Arrays.copyOf(tokens, count));
    }

    private void show(String text) {
      if (text.length() > shown.length()) {
        parts.accept(text.substring(shown.length()));
        shown = text;
      }
    }

    Completion finished(int promptTokens, End end) {
      String text = text();
      show(text);
      return new Completion(text, promptTokens, count, end);
    }
  }
}
