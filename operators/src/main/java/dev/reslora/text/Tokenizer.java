package dev.reslora.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.reslora.model.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A model's own tokenizer, from its directory's {@code tokenizer.json}, with the model's special
 * tokens. What the file says about truncation and padding is overridden: nothing is padded, and cut
 * only at the limit given here. May be used from many threads at once, but not while it is being
 * closed.
 */
public final class Tokenizer implements AutoCloseable {

  private static final long MAX_BYTES = 64L << 20;

  /** Room for the special tokens of a pair and a token of each text. */
  private static final int LEAST_TOKENS = 8;

  private final HuggingFaceTokenizer tokenizer;
  private final int maxTokens;

  private Tokenizer(HuggingFaceTokenizer tokenizer, int maxTokens) {
    this.tokenizer = tokenizer;
    this.maxTokens = maxTokens;
  }

  /**
   * Opens the tokenizer of a model directory; it cuts nothing.
   *
   * @throws ModelFileException when there is none, or it cannot be read
   */
  public static Tokenizer open(Path modelDirectory) throws IOException {
    return open(modelDirectory, Integer.MAX_VALUE);
  }

  /**
   * Opens the tokenizer of a model directory; longer texts are cut, of a pair the longer text.
   *
   * @param maxTokens most tokens of an encoding, special tokens counted
   * @throws ModelFileException when there is none, or it cannot be read
   */
  public static Tokenizer open(Path modelDirectory, int maxTokens) throws IOException {
    if (maxTokens < LEAST_TOKENS) {
      throw new IllegalArgumentException(
          "maxTokens: expected at least " + LEAST_TOKENS + ", found " + maxTokens);
    }
    Path file = modelDirectory.resolve("tokenizer.json");
    if (!Files.isRegularFile(file)) {
      throw new ModelFileException(file, "does not exist");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new ModelFileException(
          file, "has " + Files.size(file) + " bytes, expected at most " + MAX_BYTES);
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new Tokenizer(HuggingFaceTokenizer.newInstance(in, options(maxTokens)), maxTokens);
    } catch (RuntimeException e) {
      throw new ModelFileException(file, "is not a tokenizer: " + e.getMessage(), e);
    }
  }

  private static Map<String, String> options(int maxTokens) {
    Map<String, String> options = new HashMap<>();
    options.put("addSpecialTokens", "true");
    options.put("padding", "do_not_pad");
    if (maxTokens == Integer.MAX_VALUE) {
      options.put("truncation", "do_not_truncate");
    } else {
      options.put("truncation", "longest_first");
      options.put("maxLength", Integer.toString(maxTokens));
      options.put("modelMaxLength", Integer.toString(maxTokens));
    }
    return options;
  }

  /** Most tokens of an encoding, special tokens counted; {@link Integer#MAX_VALUE} if unlimited. */
  public int maxTokens() {
    return maxTokens;
  }

  /** The tokens of one text. */
  public TokenizedText encode(String text) {
    return tokenized(tokenizer.encode(text));
  }

  /** The tokens of two texts that the model reads together. */
  public TokenizedText encode(String first, String second) {
    return tokenized(tokenizer.encode(first, second));
  }

  /** The tokens of a text in which the special tokens are written out; none is added. */
  public int[] encodeWritten(String text) {
    return tokenized(tokenizer.encode(text, false, false)).tokens();
  }

  /** The text of tokens, special tokens left out. */
  public String decode(int[] tokens) {
    return tokenizer.decode(IntStream.of(tokens).asLongStream().toArray(), true);
  }

  private static TokenizedText tokenized(Encoding encoding) {
    long special = LongStream.of(encoding.getSpecialTokenMask()).sum();
    int[] tokens = ints(encoding.getIds());
    return new TokenizedText(
        tokens,
        ints(encoding.getTypeIds()),
        Math.toIntExact(tokens.length - special),
        encoding.exceedMaxLength());
  }

  private static int[] ints(long[] values) {
    return LongStream.of(values).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
