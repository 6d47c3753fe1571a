package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The shape of an encoder of the BERT family: BERT (MiniLM, BGE, E5) and RoBERTa (XLM-RoBERTa,
 * CamemBERT), which differ in where positions begin and in their tokenizers.
 *
 * @param modelType the configuration's name of the architecture
 * @param vocabulary rows of the word embeddings
 * @param hidden width of a token's vector
 * @param layers transformer blocks
 * @param heads attention heads of a block; hidden is a multiple
 * @param intermediate width of the feed-forward layer
 * @param positions rows of the position embeddings
 * @param positionOffset row of a sequence's first token: 0, or RoBERTa's pad token id + 1
 * @param typeVocabulary rows of the token type embeddings
 * @param layerNormEps added to the variance by layer norms
 * @param activation of the feed-forward layer
 * @param padToken id of the padding token
 */
public record BertConfig(
    String modelType,
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    int intermediate,
    int positions,
    int positionOffset,
    int typeVocabulary,
    double layerNormEps,
    Activation activation,
    int padToken)
    implements ModelConfig {

  static final Set<String> TYPES = Set.of("bert", "roberta", "xlm-roberta", "camembert");

  /** Far above every published encoder, far below what overflows. */
  private static final int MAX_WIDTH = 1 << 20;

  private static final int MAX_VOCABULARY = 1 << 24;

  static BertConfig of(Object file, JsonNode json) throws ModelFileException {
    Fields fields = new Fields(file, json);
    String modelType = fields.text("model_type", null);
    if (!TYPES.contains(modelType)) {
      throw fields.wrong("model_type", "one of " + new TreeSet<>(TYPES), modelType);
    }
    boolean roberta = !modelType.equals("bert");
    fields.require("position_embedding_type", "absolute");
    fields.require("is_decoder", "false");
    int padToken = fields.integer("pad_token_id", roberta ? 1 : 0, 0, MAX_VOCABULARY);
    BertConfig config =
        new BertConfig(
            modelType,
            fields.integer("vocab_size", null, 1, MAX_VOCABULARY),
            fields.integer("hidden_size", null, 1, MAX_WIDTH),
            fields.integer("num_hidden_layers", null, 1, 1024),
            fields.integer("num_attention_heads", null, 1, 1024),
            fields.integer("intermediate_size", null, 1, MAX_WIDTH),
            fields.integer("max_position_embeddings", null, 1, MAX_WIDTH),
            roberta ? padToken + 1 : 0,
            fields.integer("type_vocab_size", 2, 1, 1024),
            fields.epsilon("layer_norm_eps", 1e-12),
            fields.activation("hidden_act"),
            padToken);
    if (config.hidden % config.heads != 0) {
      throw fields.wrong("hidden_size", "a multiple of " + config.heads + " heads", config.hidden);
    }
    if (config.maxTokens() < 1) {
      throw fields.wrong(
          "max_position_embeddings", "more than " + config.positionOffset, config.positions);
    }
    return config;
  }

  @Override
  public boolean generates() {
    return false;
  }

  @Override
  public List<String> defaultTargets() {
    return List.of("query", "value");
  }

  @Override
  public String details() {
    return activation.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int maxTokens() {
    return positions - positionOffset;
  }

  @Override
  public List<ProjectionShape> projections() {
    List<ProjectionShape> projections = new ArrayList<>(6 * layers);
    for (int n = 0; n < layers; n++) {
      String layer = "encoder.layer." + n + ".";
      for (String name : List.of("query", "key", "value")) {
        projections.add(new ProjectionShape(layer + "attention.self." + name, hidden, hidden));
      }
      projections.add(new ProjectionShape(layer + "attention.output.dense", hidden, hidden));
      projections.add(new ProjectionShape(layer + "intermediate.dense", hidden, intermediate));
      projections.add(new ProjectionShape(layer + "output.dense", intermediate, hidden));
    }
    return projections;
  }

  @Override
  public SortedMap<String, List<Long>> tensorShapes() {
    SortedMap<String, List<Long>> shapes = new TreeMap<>();
    long width = hidden;
    shapes.put("embeddings.word_embeddings.weight", List.of((long) vocabulary, width));
    shapes.put("embeddings.position_embeddings.weight", List.of((long) positions, width));
    shapes.put("embeddings.token_type_embeddings.weight", List.of((long) typeVocabulary, width));
    putNorm(shapes, "embeddings.");
    for (int n = 0; n < layers; n++) {
      putNorm(shapes, "encoder.layer." + n + ".attention.output.");
      putNorm(shapes, "encoder.layer." + n + ".output.");
    }
    for (ProjectionShape projection : projections()) {
      long out = projection.out();
      shapes.put(projection.module() + ".weight", List.of(out, (long) projection.in()));
      shapes.put(projection.module() + ".bias", List.of(out));
    }
    return shapes;
  }

  private void putNorm(Map<String, List<Long>> shapes, String module) {
    shapes.put(module + "LayerNorm.weight", List.of((long) hidden));
    shapes.put(module + "LayerNorm.bias", List.of((long) hidden));
  }
}
