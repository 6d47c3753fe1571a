package dev.reslora.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;

/**
 * Turns an exported encoder into a Hugging Face directory that this project, transformers and
 * sentence-transformers read alike.
 */
final class EncoderImport {

  private EncoderImport() {}

  /**
   * Writes the directory's files.
   *
   * @param archive what was exported
   * @param origin what the export does not say
   * @param source where it came from, for the model card
   * @param directory an empty directory
   */
  static void write(EncoderArchive archive, ModelOrigin origin, String source, Path directory)
      throws IOException {
    OnnxGraph graph = OnnxGraph.parse(archive.file(), archive.onnx());
    SortedMap<String, OnnxEncoder.Weights> weights = OnnxEncoder.read(graph);
    BertConfig config = OnnxEncoder.config(graph, weights, origin.heads());
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : config.tensorShapes().keySet()) {
      OnnxEncoder.Weights tensor = weights.get(name);
      if (tensor != null) {
        writer.add(name, tensor.values(), tensor.shape());
      }
    }
    writer.write(directory.resolve("model.safetensors"));
    ObjectNode tokenizer = tokenizer(archive);
    ModelJson.write(directory.resolve("tokenizer.json"), tokenizer);
    ModelJson.write(directory.resolve("tokenizer_config.json"), tokenizerConfig(tokenizer, config));
    ModelJson.write(directory.resolve("config.json"), configJson(config, origin));
    Files.writeString(directory.resolve("README.md"), modelCard(origin, source));
  }

  /** Exported tokenizers cut and pad every text to their own length; the caller decides here. */
  private static ObjectNode tokenizer(EncoderArchive archive) throws IOException {
    ObjectNode tokenizer = ModelJson.parse(archive.file() + " tokenizer.json", archive.tokenizer());
    tokenizer.putNull("truncation");
    tokenizer.putNull("padding");
    return tokenizer;
  }

  private static ObjectNode tokenizerConfig(ObjectNode tokenizer, BertConfig config) {
    return ModelJson.object()
        .put("tokenizer_class", "BertTokenizer")
        .put("do_lower_case", tokenizer.at("/normalizer/lowercase").asBoolean(true))
        .put("model_max_length", config.maxTokens())
        .put("unk_token", "[UNK]")
        .put("sep_token", "[SEP]")
        .put("pad_token", "[PAD]")
        .put("cls_token", "[CLS]")
        .put("mask_token", "[MASK]");
  }

  private static ObjectNode configJson(BertConfig config, ModelOrigin origin) {
    ObjectNode json = ModelJson.object();
    json.put("_name_or_path", origin.name());
    json.putArray("architectures").add("BertModel");
    return json.put("model_type", config.modelType())
        .put("vocab_size", config.vocabulary())
        .put("hidden_size", config.hidden())
        .put("num_hidden_layers", config.layers())
        .put("num_attention_heads", config.heads())
        .put("intermediate_size", config.intermediate())
        .put("hidden_act", "gelu")
        .put("hidden_dropout_prob", 0.1)
        .put("attention_probs_dropout_prob", 0.1)
        .put("max_position_embeddings", config.positions())
        .put("type_vocab_size", config.typeVocabulary())
        .put("initializer_range", 0.02)
        .put("layer_norm_eps", config.layerNormEps())
        .put("pad_token_id", config.padToken())
        .put("position_embedding_type", "absolute")
        .put("torch_dtype", "float32");
  }

  private static String modelCard(ModelOrigin origin, String source) {
    return """
        ---
        license: %s
        base_model: %s
        library_name: transformers
        pipeline_tag: feature-extraction
        ---
        # %s

        Weights and tokenizer of `%s`, converted from the ONNX export in
        `%s`
        to float32 safetensors under BertModel's names, without the pooler, which the export does not
        have. Int8 exports were dequantised: their weights are not the original's.

        Sentence vectors: %s pooling of the last hidden states.
        """
        .formatted(
            origin.licence(),
            origin.name(),
            origin.name(),
            origin.name(),
            source,
            origin.pooling());
  }
}
