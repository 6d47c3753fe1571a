package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import dev.reslora.training.TrainerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a step benchmark runs.
 *
 * @param model Hugging Face directory
 * @param language whether that is a language model, which predicts tokens; else an encoder, whose
 *     pooled vectors are classified
 * @param device cpu, or cuda:0, ...
 * @param threads intra-op threads, of both sides
 * @param targets all projections of a layer, or query and value
 * @param pooling mean or cls, of an encoder
 * @param preNum linked blocks that take part in block and middle
 * @param lengths of the sequences
 * @param batch sequences in a batch
 * @param steps measured rounds
 */
public record BenchPlan(
    Path model,
    boolean language,
    String device,
    int threads,
    TargetChoice targets,
    String pooling,
    int preNum,
    Lengths lengths,
    int batch,
    int steps) {

  static final int RANK = 8;
  static final int ALPHA = 16;
  static final double LEARNING_RATE = 1e-3;

  /** Rounds before the measured ones: code is compiled and memory is mapped. */
  static final int WARMUP = 3;

  /** Which projections of a layer are adapted. */
  public enum TargetChoice {
    ALL(
        List.of("query", "key", "value", "dense"),
        List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")),
    QV(List.of("query", "value"), List.of("q_proj", "v_proj"));

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<String> encoder;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<String> language;

    TargetChoice(List<String> encoder, List<String> language) {
      this.encoder = encoder;
      this.language = language;
    }

    List<String> names(boolean ofLanguageModel) {
      return ofLanguageModel ? language : encoder;
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Of the adapted projections, as {@code adapter.target-modules} and peft take them. */
  List<String> targetModules() {
    return targets.names(language);
  }

  /** Rows of the classifier; a language model has none. */
  int labels() {
    return language ? 0 : SpeechTokens.LABELS;
  }

  /** So many batches of this plan. */
  List<TokenBatch> batches(int size, int count) throws IOException {
    List<TokenBatch> batches = SpeechTokens.batches(model, lengths, size, count);
    return language ? batches.stream().map(TokenBatch::predicted).toList() : batches;
  }

  /** What rows of this plan carry after the contestant's name. */
  String suffix() {
    return lengths + " " + targets.label() + (language ? "" : " " + pooling);
  }

  /** The product's own configuration, read as a job reads it. */
  TrainerConfig trainer(Precision precision, Shortcut shortcut) {
    return ConfigSource.trainer(
        List.of(
            "reslora.model.directory=" + model,
            "reslora.model.pooling=" + pooling,
            "reslora.model.precision=" + precision.label(),
            "reslora.model.device=" + device,
            "reslora.model.threads=" + threads,
            "reslora.adapter.rank=" + RANK,
            "reslora.adapter.alpha=" + ALPHA,
            "reslora.adapter.shortcut=" + shortcut.label(),
            "reslora.adapter.pre-num=" + preNum,
            "reslora.adapter.target-modules=" + String.join(";", targetModules()),
            "reslora.training.learning-rate=" + LEARNING_RATE,
            "reslora.training.head-learning-rate=" + LEARNING_RATE,
            "reslora.training.warmup-steps=0"));
  }
}
