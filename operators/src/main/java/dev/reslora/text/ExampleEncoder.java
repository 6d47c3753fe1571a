package dev.reslora.text;

import dev.reslora.model.BertConfig;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.ModelConfig;
import dev.reslora.model.ModelFileException;
import dev.reslora.model.TokenizerSummary;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TextPair;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * From an example as producers send it to one as the trainer takes it, for an encoder that
 * classifies. A function of the example alone; used by the tokenize stage.
 */
public final class ExampleEncoder implements AutoCloseable {

  /** Longest label, in UTF-16 characters. */
  static final int MAX_LABEL = 256;

  /**
   * Texts are cut (or refused) at this many characters a token before they are tokenized, so that
   * no record can make the tokenizer work for minutes; words are about 5 characters a token.
   */
  static final int CHARACTERS_PER_TOKEN = 64;

  private final Tokenizer tokenizer;
  private final int maxCharacters;
  private final TextTooLong tooLong;

  /**
   * @param tokenizer closed with this
   * @param tooLong what becomes of a text with more tokens than the tokenizer's limit
   */
  public ExampleEncoder(Tokenizer tokenizer, TextTooLong tooLong) {
    this.tokenizer = tokenizer;
    this.maxCharacters =
        (int) Math.min(Integer.MAX_VALUE, (long) CHARACTERS_PER_TOKEN * tokenizer.maxTokens());
    this.tooLong = tooLong;
  }

  /**
   * Opens the encoder of a model directory.
   *
   * @param maxTokens most tokens of an example; 0 for as many as the model has positions
   * @throws IllegalArgumentException when the model has fewer positions than that
   * @throws ModelFileException when the tokenizer gives what the model has no vector for
   */
  public static ExampleEncoder open(Path modelDirectory, int maxTokens, TextTooLong tooLong)
      throws IOException {
    BertConfig config;
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(modelDirectory)) {
      if (!(ModelConfig.of(model) instanceof BertConfig encoder)) {
        throw new ModelFileException(
            modelDirectory.resolve("config.json"), "model_type: expected an encoder");
      }
      config = encoder;
      TokenizerSummary.of(model, config);
    }
    if (maxTokens < 0 || maxTokens > config.maxTokens()) {
      throw new IllegalArgumentException(
          "maxTokens: expected at most "
              + config.maxTokens()
              + ", the positions of the model in "
              + modelDirectory
              + ", found "
              + maxTokens);
    }
    Tokenizer tokenizer =
        Tokenizer.open(modelDirectory, maxTokens == 0 ? config.maxTokens() : maxTokens);
    int segment = IntStream.of(tokenizer.encode("a", "a").segments()).max().orElse(0);
    if (segment >= config.typeVocabulary()) {
      tokenizer.close();
      throw new ModelFileException(
          modelDirectory.resolve("tokenizer.json"),
          "has segment " + segment + ", expected less than the model's " + config.typeVocabulary());
    }
    return new ExampleEncoder(tokenizer, tooLong);
  }

  /**
   * Encodes an example.
   *
   * @param example the example
   * @param topic where it was read
   * @param partition the partition read
   * @param offset the offset read
   * @throws RejectedException when this example cannot be trained on
   */
  public TokenizedExample encode(TrainingExample example, String topic, int partition, long offset)
      throws RejectedException {
    float weight = example.getWeight();
    if (!(weight >= 0 && Float.isFinite(weight))) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "weight: expected a finite number of at least 0, found " + weight);
    }
    Content content = content(example.getPayload());
    int[] segments = content.text.segments();
    return new TokenizedExample(
        example.getAdapterId(),
        example.getExampleId(),
        topic,
        partition,
        offset,
        example.getEventTime().toEpochMilli(),
        content.text.tokens(),
        IntStream.of(segments).allMatch(id -> id == 0) ? null : segments,
        0,
        content.label,
        weight);
  }

  private Content content(Object payload) throws RejectedException {
    if (payload instanceof LabeledText labeled) {
      return new Content(encode(labeled), label(labeled.getLabel()));
    }
    if (payload instanceof TextPair pair) {
      return new Content(encode(pair), label(pair.getLabel()));
    }
    throw new RejectedException(
        RejectionReason.UNSUPPORTED_PAYLOAD,
        "payload: this model is an encoder and takes LabeledText or TextPair, found "
            + payload.getClass().getSimpleName());
  }

  private TokenizedText encode(LabeledText labeled) throws RejectedException {
    return checked(tokenizer.encode(bounded("text", labeled.getText())));
  }

  private TokenizedText encode(TextPair pair) throws RejectedException {
    return checked(
        tokenizer.encode(bounded("first", pair.getFirst()), bounded("second", pair.getSecond())));
  }

  private String bounded(String field, String text) throws RejectedException {
    if (text.isBlank()) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT,
          field + ": expected a text, found " + text.length() + " blanks");
    }
    if (text.length() <= maxCharacters) {
      return text;
    }
    if (tooLong == TextTooLong.REJECT) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          field + ": expected at most " + maxCharacters + " characters, found " + text.length());
    }
    boolean splitsPair = Character.isHighSurrogate(text.charAt(maxCharacters - 1));
    return text.substring(0, splitsPair ? maxCharacters - 1 : maxCharacters);
  }

  private TokenizedText checked(TokenizedText text) throws RejectedException {
    if (text.content() == 0) {
      throw new RejectedException(
          RejectionReason.EMPTY_TEXT, "text: expected a text, found nothing that makes a token");
    }
    if (text.truncated() && tooLong == TextTooLong.REJECT) {
      throw new RejectedException(
          RejectionReason.TEXT_TOO_LONG,
          "text: expected at most " + tokenizer.maxTokens() + " tokens, found more");
    }
    return text;
  }

  private static String label(String label) throws RejectedException {
    if (label.isBlank() || label.length() > MAX_LABEL) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "label: expected 1 to "
              + MAX_LABEL
              + " characters, not only blanks, found "
              + label.length());
    }
    return label;
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private record Content(TokenizedText text, String label) {}
}
