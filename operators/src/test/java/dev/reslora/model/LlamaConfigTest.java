package dev.reslora.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaConfigTest {

  private static final String SMOLLM =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 49152,
       "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
       "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 2048,
       "hidden_act": "silu", "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "rope_scaling": null,
       "tie_word_embeddings": true, "attention_bias": false, "torch_dtype": "bfloat16"}\
      """;

  private static LlamaConfig with(String fields) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(SMOLLM);
    JsonNode other = mapper.readTree("{" + fields.replace('~', '"') + "}");
    json.setAll((ObjectNode) other);
    return LlamaConfig.of("config.json", json);
  }

  @Test
  void readsSmolLm() throws IOException {
    LlamaConfig config = with("");
    assertThat(config.headWidth()).isEqualTo(64);
    assertThat(config.keyValueHeads()).isEqualTo(3);
    assertThat(config.maxTokens()).isEqualTo(2048);
    assertThat(config.rope()).isEqualTo(new Rope(10_000, new Rope.Unscaled()));
    assertThat(config.projections()).hasSize(210);
    assertThat(config.projections().subList(0, 7))
        .containsExactly(
            new ProjectionShape("model.layers.0.self_attn.q_proj", 576, 576),
            new ProjectionShape("model.layers.0.self_attn.k_proj", 576, 192),
            new ProjectionShape("model.layers.0.self_attn.v_proj", 576, 192),
            new ProjectionShape("model.layers.0.self_attn.o_proj", 576, 576),
            new ProjectionShape("model.layers.0.mlp.gate_proj", 576, 1536),
            new ProjectionShape("model.layers.0.mlp.up_proj", 576, 1536),
            new ProjectionShape("model.layers.0.mlp.down_proj", 1536, 576));
    assertThat(config.tensorShapes())
        .hasSize(2 + 30 * 9)
        .doesNotContainKey("lm_head.weight")
        .containsEntry("model.embed_tokens.weight", List.of(49152L, 576L));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "~model_type~: ~mistral~, ~sliding_window~: 512; 512",
        "~model_type~: ~mistral~, ~sliding_window~: null; 2048",
        "~model_type~: ~mistral~, ~max_position_embeddings~: 32768; 4096",
        "~model_type~: ~qwen2~, ~sliding_window~: 512; 2048",
        "~model_type~: ~qwen2~, ~sliding_window~: 512, ~use_sliding_window~: true; 512",
        "~sliding_window~: 512; 2048",
      })
  void textsStayWithinTheSlidingWindow(String fields, int expected) throws IOException {
    assertThat(with(fields).maxTokens()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "~model_type~: ~gemma~; model_type: expected one of [llama, mistral, qwen2, qwen3]",
        "~architectures~: [~LlamaForSequenceClassification~]; architectures: expected"
            + " ...ForCausalLM",
        "~hidden_act~: ~gelu~; hidden_act: expected silu, found",
        "~quantization_config~: {~bits~: 4}; quantization_config: expected nothing",
        "~rope_scaling~: {~type~: ~yarn~, ~factor~: 4}; rope_scaling: type: expected default,",
        "~rope_scaling~: {~rope_type~: ~dynamic~}; rope_scaling: rope_type: expected default,"
            + " linear",
        "~rope_scaling~: {~rope_type~: ~linear~}; rope_scaling: factor: expected a number above 0",
        "~partial_rotary_factor~: 0.5; partial_rotary_factor: expected 1.0, found 0.5",
        "~num_key_value_heads~: 2; num_attention_heads: expected a multiple of 2, found 9",
        "~head_dim~: 63; head_dim: expected an even number, found 63",
        "~model_type~: ~qwen2~, ~num_key_value_heads~: null; num_key_value_heads: expected an"
            + " integer",
        "~rms_norm_eps~: 0; rms_norm_eps: expected a number between 0 and 1",
        "~tie_word_embeddings~: 1; tie_word_embeddings: expected true or false",
      })
  void namesWhatItDoesNotCompute(String fields, String message) {
    assertThatThrownBy(() -> with(fields))
        .isInstanceOf(ModelFileException.class)
        .message()
        .startsWith("config.json: " + message);
  }
}
