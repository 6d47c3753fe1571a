package dev.reslora.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a causal language model of the Llama family: Llama 2 and 3 (SmolLM, TinyLlama),
 * Mistral, Qwen2 and 2.5, Qwen3. They differ in biases, in norms of q and k, and in defaults.
 *
 * @param modelType the configuration's name of the architecture
 * @param vocabulary rows of the embeddings and of the output; may be more than the tokenizer has
 * @param hidden width of a token's vector
 * @param layers transformer blocks
 * @param heads query heads of a block
 * @param keyValueHeads heads of keys and values; heads is a multiple
 * @param headWidth numbers of a head, even
 * @param intermediate width of the feed-forward layer
 * @param maxTokens positions, or the attention's sliding window where that is less: within it,
 *     sliding changes nothing
 * @param normEps added to the mean square by norms
 * @param rope position embedding
 * @param tied whether the output's weight is the embeddings'
 * @param endTokens ids that end a text; may be empty
 * @param options what not every model of the family has
 */
public record LlamaConfig(
    String modelType,
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    int keyValueHeads,
    int headWidth,
    int intermediate,
    int maxTokens,
    double normEps,
    Rope rope,
    boolean tied,
    List<Integer> endTokens,
    Options options)
    implements ModelConfig {

  static final Set<String> TYPES = Set.of("llama", "mistral", "qwen2", "qwen3");

  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_VOCABULARY = 1 << 24;
  private static final int MAX_POSITIONS = 1 << 24;

  /**
   * What not every model of the family has.
   *
   * @param inputBias of q, k and v
   * @param outputBias of the attention's output
   * @param mlpBias of gate, up and down
   * @param normedHeads whether every head of q and k is normalised
   */
  public record Options(
      boolean inputBias, boolean outputBias, boolean mlpBias, boolean normedHeads) {}

  static LlamaConfig of(Object file, JsonNode json) throws ModelFileException {
    Fields fields = new Fields(file, json);
    String type = fields.text("model_type", null);
    if (!TYPES.contains(type)) {
      throw fields.wrong("model_type", "one of " + new TreeSet<>(TYPES), type);
    }
    refuseUnknown(fields);
    int hidden = fields.integer("hidden_size", null, 1, MAX_WIDTH);
    int heads = fields.integer("num_attention_heads", null, 1, 1024);
    @Nullable Integer absent = type.equals("llama") ? heads : null;
    int keyValueHeads = fields.integer("num_key_value_heads", absent, 1, 1024);
    int width = fields.integer("head_dim", type.equals("qwen3") ? 128 : hidden / heads, 2, 4096);
    if (heads % keyValueHeads != 0) {
      throw fields.wrong("num_attention_heads", "a multiple of " + keyValueHeads, heads);
    }
    if (width % 2 != 0) {
      throw fields.wrong("head_dim", "an even number", width);
    }
    return new LlamaConfig(
        type,
        fields.integer("vocab_size", null, 2, MAX_VOCABULARY),
        hidden,
        fields.integer("num_hidden_layers", null, 1, 1024),
        heads,
        keyValueHeads,
        width,
        fields.integer("intermediate_size", null, 1, MAX_WIDTH),
        maxTokens(fields, type),
        fields.epsilon("rms_norm_eps", 1e-6),
        Rope.of(fields),
        fields.flag("tie_word_embeddings", false),
        endTokens(fields),
        options(fields, type));
  }

  /** What would change the forward pass in a way that is not computed here. */
  private static void refuseUnknown(Fields fields) throws ModelFileException {
    for (JsonNode architecture : fields.json().path("architectures")) {
      if (!architecture.asText().endsWith("ForCausalLM")) {
        throw fields.wrong("architectures", "...ForCausalLM", architecture);
      }
    }
    fields.require("hidden_act", "silu");
    if (fields.has("quantization_config")) {
      throw fields.wrong("quantization_config", "nothing", "quantised weights");
    }
  }

  private static Options options(Fields fields, String type) throws ModelFileException {
    boolean attention = fields.flag("attention_bias", false);
    return switch (type) {
      case "qwen2" -> new Options(true, false, false, false);
      case "qwen3" -> new Options(attention, attention, false, true);
      case "mistral" -> new Options(false, false, false, false);
      default -> new Options(attention, attention, fields.flag("mlp_bias", false), false);
    };
  }

  /** One id, a list of them, or none. */
  private static List<Integer> endTokens(Fields fields) throws ModelFileException {
    JsonNode value = fields.json().path("eos_token_id");
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : value.isArray() ? value : List.of(value)) {
      if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
        ids.add(id.intValue());
      } else if (fields.has("eos_token_id")) {
        throw fields.wrong("eos_token_id", "an id or a list of ids", value);
      }
    }
    return List.copyOf(ids);
  }

  private static int maxTokens(Fields fields, String type) throws ModelFileException {
    int positions = fields.integer("max_position_embeddings", null, 1, MAX_POSITIONS);
    boolean slides =
        type.equals("mistral")
            || (type.startsWith("qwen") && fields.flag("use_sliding_window", false));
    if (!slides || fields.isNull("sliding_window")) {
      return positions;
    }
    return Math.min(positions, fields.integer("sliding_window", 4096, 1, MAX_POSITIONS));
  }

  @Override
  public boolean generates() {
    return true;
  }

  @Override
  public List<String> defaultTargets() {
    return List.of("q_proj", "v_proj");
  }

  @Override
  public String details() {
    return "silu, "
        + keyValueHeads
        + " key-value heads of "
        + headWidth
        + ", rope "
        + Math.round(rope.theta());
  }

  @Override
  public List<ProjectionShape> projections() {
    List<ProjectionShape> projections = new ArrayList<>(7 * layers);
    int queries = heads * headWidth;
    int keys = keyValueHeads * headWidth;
    for (int n = 0; n < layers; n++) {
      String attention = layer(n) + "self_attn.";
      String mlp = layer(n) + "mlp.";
      projections.add(new ProjectionShape(attention + "q_proj", hidden, queries));
      projections.add(new ProjectionShape(attention + "k_proj", hidden, keys));
      projections.add(new ProjectionShape(attention + "v_proj", hidden, keys));
      projections.add(new ProjectionShape(attention + "o_proj", queries, hidden));
      projections.add(new ProjectionShape(mlp + "gate_proj", hidden, intermediate));
      projections.add(new ProjectionShape(mlp + "up_proj", hidden, intermediate));
      projections.add(new ProjectionShape(mlp + "down_proj", intermediate, hidden));
    }
    return projections;
  }

  static String layer(int number) {
    return "model.layers." + number + ".";
  }

  /** Whether a projection has a bias. */
  boolean hasBias(ProjectionShape projection) {
    String module = projection.module();
    if (module.contains(".mlp.")) {
      return options.mlpBias;
    }
    return module.endsWith(".o_proj") ? options.outputBias : options.inputBias;
  }

  @Override
  public SortedMap<String, List<Long>> tensorShapes() {
    SortedMap<String, List<Long>> shapes = new TreeMap<>();
    long width = hidden;
    shapes.put("model.embed_tokens.weight", List.of((long) vocabulary, width));
    shapes.put("model.norm.weight", List.of(width));
    if (!tied) {
      shapes.put("lm_head.weight", List.of((long) vocabulary, width));
    }
    for (int n = 0; n < layers; n++) {
      shapes.put(layer(n) + "input_layernorm.weight", List.of(width));
      shapes.put(layer(n) + "post_attention_layernorm.weight", List.of(width));
      if (options.normedHeads) {
        shapes.put(layer(n) + "self_attn.q_norm.weight", List.of((long) headWidth));
        shapes.put(layer(n) + "self_attn.k_norm.weight", List.of((long) headWidth));
      }
    }
    for (ProjectionShape projection : projections()) {
      long out = projection.out();
      shapes.put(projection.module() + ".weight", List.of(out, (long) projection.in()));
      if (hasBias(projection)) {
        shapes.put(projection.module() + ".bias", List.of(out));
      }
    }
    return shapes;
  }
}
