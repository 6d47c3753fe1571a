package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BertConfigTest {

  private static final String BERT =
      """
      {"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
       "num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512}
      """;
  private static final String ROBERTA =
      """
      {"model_type": "xlm-roberta", "vocab_size": 250002, "hidden_size": 768,
       "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
       "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-05,
       "hidden_act": "gelu", "pad_token_id": 1, "position_embedding_type": "absolute"}
      """;

  @Test
  void readsBertWithItsDefaults() throws IOException {
    assertThat(of(BERT))
        .isEqualTo(
            new BertConfig("bert", 30522, 384, 6, 12, 1536, 512, 0, 2, 1e-12, Activation.GELU, 0));
  }

  @Test
  void beginsRobertasPositionsAfterThePadding() throws IOException {
    BertConfig config = of(ROBERTA);
    assertThat(config.positionOffset()).isEqualTo(2);
    assertThat(config.maxTokens()).isEqualTo(512);
    assertThat(config.padToken()).isEqualTo(1);
    assertThat(config.layerNormEps()).isEqualTo(1e-5);
    assertThat(config.typeVocabulary()).isEqualTo(1);
  }

  @Test
  void listsProjectionsInExecutionOrder() throws IOException {
    List<ProjectionShape> projections = of(BERT).projections();
    assertThat(projections).hasSize(36);
    assertThat(projections.subList(6, 12))
        .containsExactly(
            new ProjectionShape("encoder.layer.1.attention.self.query", 384, 384),
            new ProjectionShape("encoder.layer.1.attention.self.key", 384, 384),
            new ProjectionShape("encoder.layer.1.attention.self.value", 384, 384),
            new ProjectionShape("encoder.layer.1.attention.output.dense", 384, 384),
            new ProjectionShape("encoder.layer.1.intermediate.dense", 384, 1536),
            new ProjectionShape("encoder.layer.1.output.dense", 1536, 384));
  }

  @ParameterizedTest
  @CsvSource({
    "gelu, GELU",
    "gelu_new, GELU_TANH",
    "gelu_pytorch_tanh, GELU_TANH",
    "relu, RELU",
  })
  void knowsTheNamesOfActivations(String name, Activation expected) throws IOException {
    assertThat(of(json(BERT).put("hidden_act", name)).activation()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "model_type; ~gpt2~; model_type: expected one of [bert, camembert, ",
        "position_embedding_type; ~relative_key~; position_embedding_type: expected absolute",
        "is_decoder; true; is_decoder: expected false, found true",
        "hidden_act; ~silu~; hidden_act: expected one of [gelu, ",
        "hidden_size; 0; hidden_size: expected an integer from 1 to 1048576, found 0",
        "hidden_size; 385; hidden_size: expected a multiple of 12 heads, found 385",
        "hidden_size; 384.5; hidden_size: expected an integer, found 384.5",
        "vocab_size; null; vocab_size: expected an integer, found nothing",
        "vocab_size; 99999999999; vocab_size: expected an integer, found 99999999999",
        "layer_norm_eps; 0; layer_norm_eps: expected a number between 0 and 1, found 0",
        "num_hidden_layers; ~six~; num_hidden_layers: expected an integer, found \"six\"",
      })
  void namesTheFieldThatIsWrong(String field, String value, String message) throws IOException {
    ObjectNode json = json(BERT);
    json.set(field, json("{\"v\":" + value.replace('~', '"') + "}").get("v"));
    assertThatThrownBy(() -> of(json))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith("config.json: " + message);
  }

  @Test
  void refusesRobertaWithoutRoomForAToken() throws IOException {
    assertThatThrownBy(() -> of(json(ROBERTA).put("max_position_embeddings", 2)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("max_position_embeddings: expected more than 2, found 2");
  }

  private static BertConfig of(String text) throws IOException {
    return of(json(text));
  }

  private static BertConfig of(ObjectNode json) throws IOException {
    return BertConfig.of("config.json", json);
  }

  private static ObjectNode json(String text) throws IOException {
    return ModelJson.parse("test", text.getBytes(StandardCharsets.UTF_8));
  }
}
