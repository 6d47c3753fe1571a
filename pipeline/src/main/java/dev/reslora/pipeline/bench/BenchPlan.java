package dev.reslora.pipeline.bench;

import dev.reslora.pipeline.ConfigSource;
import dev.reslora.reslora.Shortcut;
import dev.reslora.training.Precision;
import dev.reslora.training.TrainerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a step benchmark runs.
 *
 * @param model Hugging Face directory
 * @param device cpu, or cuda:0, ...
 * @param threads intra-op threads, of both sides
 * @param targets all six projections of a layer, or query and value
 * @param pooling mean or cls
 * @param preNum linked blocks that take part in block and middle
 * @param lengths of the sequences
 * @param batch sequences in a batch
 * @param steps measured rounds
 */
public record BenchPlan(
    Path model,
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
    ALL("query", "key", "value", "dense"),
    QV("query", "value");

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<String> names;

    TargetChoice(String... names) {
      this.names = List.of(names);
    }

    /** As {@code adapter.target-modules} and peft take them. */
    List<String> names() {
      return names;
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What rows of this plan carry after the contestant's name. */
  String suffix() {
    return lengths + " " + targets.label() + " " + pooling;
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
            "reslora.adapter.target-modules=" + String.join(";", targets.names()),
            "reslora.training.learning-rate=" + LEARNING_RATE,
            "reslora.training.head-learning-rate=" + LEARNING_RATE,
            "reslora.training.warmup-steps=0"));
  }
}
