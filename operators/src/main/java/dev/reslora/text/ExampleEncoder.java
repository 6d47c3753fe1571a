package dev.reslora.text;

import dev.reslora.model.BertConfig;
import dev.reslora.model.HuggingFaceDirectory;
import dev.reslora.model.LlamaConfig;
import dev.reslora.model.ModelConfig;
import dev.reslora.model.ModelFileException;
import dev.reslora.model.TokenizerSummary;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.TrainingExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * From an example as producers send it to one, or several, as the trainer takes it: labelled texts
 * for an encoder that classifies, texts and completions for a language model. A function of the
 * example alone; used by the tokenize stage.
 */
public final class ExampleEncoder implements AutoCloseable {

  private final PayloadEncoder payloads;

  private ExampleEncoder(PayloadEncoder payloads) {
    this.payloads = payloads;
  }

  /**
   * Opens the encoder of a model directory.
   *
   * @param maxTokens most tokens of a sequence; 0 for as many as the model takes
   * @param tooLong what becomes of a text with more
   * @throws IllegalArgumentException when the model takes fewer than that
   * @throws ModelFileException when the tokenizer gives what the model has no vector for
   */
  public static ExampleEncoder open(Path modelDirectory, int maxTokens, TextTooLong tooLong)
      throws IOException {
    ModelConfig config;
    try (HuggingFaceDirectory model = HuggingFaceDirectory.open(modelDirectory)) {
      config = ModelConfig.of(model);
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
    int most = maxTokens == 0 ? config.maxTokens() : maxTokens;
    return new ExampleEncoder(
        config instanceof LlamaConfig llama
            ? new LanguageEncoder(
                Tokenizer.open(modelDirectory),
                Conversations.open(modelDirectory),
                most,
                llama.endTokens(),
                tooLong)
            : classification(modelDirectory, (BertConfig) config, most, tooLong));
  }

  private static PayloadEncoder classification(
      Path modelDirectory, BertConfig config, int maxTokens, TextTooLong tooLong)
      throws IOException {
    Tokenizer tokenizer = Tokenizer.open(modelDirectory, maxTokens);
    int segment = IntStream.of(tokenizer.encode("a", "a").segments()).max().orElse(0);
    if (segment >= config.typeVocabulary()) {
      tokenizer.close();
      throw new ModelFileException(
          modelDirectory.resolve("tokenizer.json"),
          "has segment " + segment + ", expected less than the model's " + config.typeVocabulary());
    }
    return new ClassificationEncoder(tokenizer, tooLong);
  }

  /**
   * Encodes an example; all but the last of what it becomes are {@link TokenizedExample#continued}.
   *
   * @param example the example
   * @param topic where it was read
   * @param partition the partition read
   * @param offset the offset read
   * @throws RejectedException when this example cannot be trained on
   */
  public List<TokenizedExample> encode(
      TrainingExample example, String topic, int partition, long offset) throws RejectedException {
    float weight = example.getWeight();
    if (!(weight >= 0 && Float.isFinite(weight))) {
      throw new RejectedException(
          RejectionReason.INVALID_FIELD,
          "weight: expected a finite number of at least 0, found " + weight);
    }
    List<PayloadEncoder.Sequence> sequences = payloads.encode(example.getPayload());
    List<TokenizedExample> encoded = new ArrayList<>();
    for (PayloadEncoder.Sequence sequence : sequences) {
      encoded.add(
          new TokenizedExample(
              example.getAdapterId(),
              example.getExampleId(),
              topic,
              partition,
              offset,
              example.getEventTime().toEpochMilli(),
              sequence.tokens(),
              sequence.segments(),
              sequence.lossFrom(),
              sequence.label(),
              weight,
              sequence.bytes(),
              example.getSource(),
              encoded.size() < sequences.size() - 1));
    }
    return encoded;
  }

  /**
   * The label that an earlier text of the same id waits for.
   *
   * @throws RejectedException when the model takes none, or not this one
   */
  public LateLabel encodeLabel(
      TrainingExample example, LaterLabel later, String topic, int partition, long offset)
      throws RejectedException {
    return new LateLabel(
        example.getAdapterId(),
        example.getExampleId(),
        topic,
        partition,
        offset,
        example.getEventTime().toEpochMilli(),
        payloads.label(later),
        later.getCorrection());
  }

  @Override
  public void close() {
    payloads.close();
  }
}
