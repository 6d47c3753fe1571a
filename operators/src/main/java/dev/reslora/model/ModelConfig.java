package dev.reslora.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/** The shape of a model, as its {@code config.json} tells it. */
public sealed interface ModelConfig permits BertConfig, LlamaConfig {

  /**
   * Reads a directory's {@code config.json}.
   *
   * @throws ModelFileException naming the field, what was expected and what was found;
   *     architectures and options that are not known are refused by name
   */
  static ModelConfig of(HuggingFaceDirectory directory) throws ModelFileException {
    Path file = directory.path().resolve("config.json");
    Fields fields = new Fields(file, directory.config());
    String type = fields.text("model_type", null);
    if (LlamaConfig.TYPES.contains(type)) {
      return LlamaConfig.of(file, directory.config());
    }
    if (BertConfig.TYPES.contains(type)) {
      return BertConfig.of(file, directory.config());
    }
    Set<String> known = new TreeSet<>(BertConfig.TYPES);
    known.addAll(LlamaConfig.TYPES);
    throw fields.wrong("model_type", "one of " + known, type);
  }

  /** The configuration's name of the architecture. */
  String modelType();

  /** Whether it predicts the next token; otherwise it encodes texts, for a classifier. */
  boolean generates();

  /** Rows of the word embeddings. */
  int vocabulary();

  /** Width of a token's vector. */
  int hidden();

  /** Transformer blocks. */
  int layers();

  /** Attention heads of a block. */
  int heads();

  /** Width of the feed-forward layer. */
  int intermediate();

  /** The projections that make queries and values, as in the papers of LoRA and ResLoRA. */
  List<String> defaultTargets();

  /** What else there is to know of it, for people. */
  String details();

  /** Most tokens of a sequence, special tokens counted. */
  int maxTokens();

  /** Every linear layer that can be adapted, in execution order. */
  List<ProjectionShape> projections();

  /** Every tensor that the forward pass reads, with its shape. */
  SortedMap<String, List<Long>> tensorShapes();
}
