package dev.reslora.snapshot;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What decides an {@code adapter_config.json} of ours; the other fields are constants.
 *
 * @param baseModel base_model_name_or_path
 * @param taskType task_type
 * @param rank r and lora_alpha
 * @param modules target_modules: full paths in execution order, which no other module ends with
 */
record PeftConfig(String baseModel, String taskType, int rank, List<String> modules) {

  /**
   * Fields that would change what the factors mean, and the value under which they do not. Absent
   * is as good.
   */
  private static final Map<String, Object> PLAIN =
      Map.of(
          "peft_type",
          "LORA",
          "bias",
          "none",
          "use_dora",
          false,
          "use_rslora",
          false,
          "fan_in_fan_out",
          false,
          "rank_pattern",
          Map.of(),
          "alpha_pattern",
          Map.of());

  /** Other variants of LoRA, and parts of a model that it does not adapt here. */
  private static final List<String> UNSET =
      List.of(
          "alora_invocation_tokens",
          "arrow_config",
          "kasa_config",
          "layer_replication",
          "monteclora_config",
          "target_parameters",
          "trainable_token_indices",
          "use_bdlora",
          "use_qalora");

  /** Ways to begin that do not change the base model's weights. */
  private static final Set<String> LEAVE_THE_BASE = Set.of("true", "false", "gaussian", "eva");

  byte[] toJson() {
    SortedMap<String, Object> fields = new TreeMap<>(PLAIN);
    fields.put("base_model_name_or_path", baseModel);
    fields.put("inference_mode", true);
    fields.put("init_lora_weights", true);
    fields.put("lora_alpha", rank);
    fields.put("lora_dropout", 0.0);
    fields.put("r", rank);
    fields.put("target_modules", modules);
    fields.put("task_type", taskType);
    for (String unset :
        List.of("layers_pattern", "layers_to_transform", "modules_to_save", "revision")) {
      fields.put(unset, null);
    }
    return StableJson.write(fields);
  }

  static PeftConfig parse(byte[] bytes) throws IOException {
    JsonNode json = StableJson.object(PeftLayout.CONFIG, bytes);
    checkPlain(json, Set.of());
    int rank = rank(json);
    JsonNode alpha = json.path("lora_alpha");
    if (!alpha.isNumber() || alpha.doubleValue() != rank) {
      throw wrong("lora_alpha", "r, as the scale is in B", alpha);
    }
    return new PeftConfig(
        json.path("base_model_name_or_path").asText(""),
        json.path("task_type").asText(""),
        rank,
        modules("target_modules", json.path("target_modules")));
  }

  /**
   * What decides a configuration that peft wrote after training.
   *
   * @param scale of B A
   * @param modulesToSave names of modules that were trained whole
   */
  record Lora(int rank, double scale, List<String> modulesToSave) {}

  /** Reads a configuration of anybody's; which modules it targets, the tensors say. */
  static Lora lora(byte[] bytes) throws IOException {
    JsonNode json = StableJson.object(PeftLayout.CONFIG, bytes);
    checkPlain(json, Set.of("use_rslora"));
    for (String field : UNSET) {
      JsonNode found = json.path(field);
      boolean unset =
          (found.isContainerNode() || found.isMissingNode())
              ? found.isEmpty()
              : found.isNull() || !found.asBoolean(true);
      if (!unset) {
        throw wrong(field, "unset", found);
      }
    }
    JsonNode initial = json.path("init_lora_weights");
    if (!initial.isMissingNode() && !LEAVE_THE_BASE.contains(initial.asText())) {
      throw wrong("init_lora_weights", "one that leaves the base model as it is", initial);
    }
    int rank = rank(json);
    JsonNode alpha = json.path("lora_alpha");
    if (!alpha.isNumber() || !(alpha.doubleValue() > 0)) {
      throw wrong("lora_alpha", "a number above 0", alpha);
    }
    double divisor = json.path("use_rslora").asBoolean() ? Math.sqrt(rank) : rank;
    JsonNode saved = json.path("modules_to_save");
    return new Lora(
        rank,
        alpha.doubleValue() / divisor,
        saved.isMissingNode() || saved.isNull() ? List.of() : modules("modules_to_save", saved));
  }

  private static void checkPlain(JsonNode json, Set<String> but) throws IOException {
    for (Map.Entry<String, Object> plain : PLAIN.entrySet()) {
      JsonNode found = json.path(plain.getKey());
      if (!found.isMissingNode()
          && !but.contains(plain.getKey())
          && !matches(found, plain.getValue())) {
        throw wrong(plain.getKey(), plain.getValue().toString(), found);
      }
    }
  }

  private static int rank(JsonNode json) throws IOException {
    JsonNode rank = json.path("r");
    if (!rank.isInt() || rank.intValue() < 1 || rank.intValue() > 512) {
      throw wrong("r", "1 to 512", rank);
    }
    return rank.intValue();
  }

  private static boolean matches(JsonNode found, Object plain) {
    return plain instanceof Map
        ? found.isObject() && found.isEmpty()
        : found.asText().equals(plain.toString());
  }

  private static List<String> modules(String field, JsonNode list) throws IOException {
    List<String> modules = new ArrayList<>();
    for (JsonNode module : list) {
      if (!module.isTextual()) {
        throw wrong(field, "module paths", module);
      }
      modules.add(module.textValue());
    }
    if (!list.isArray() || modules.isEmpty()) {
      throw wrong(field, "a list of module paths", list);
    }
    return modules;
  }

  private static IOException wrong(String field, String expected, JsonNode found) {
    return new IOException(
        PeftLayout.CONFIG + ": " + field + " must be " + expected + ", found " + found);
  }
}
