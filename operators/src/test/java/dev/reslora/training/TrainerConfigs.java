package dev.reslora.training;

import dev.reslora.model.TestModels;
import dev.reslora.reslora.Merge;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.TokenizedExample;
import dev.reslora.text.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Configurations of a tiny trainer, and examples that it can learn. */
final class TrainerConfigs {

  private static final int FIRST_WORD = 10;

  private TrainerConfigs() {}

  static TrainerConfig tiny(Shortcut shortcut) {
    return with(
        new ResLoraConfig(4, 8, shortcut, 2, 0.1, List.of("query", "value", "output.dense")),
        training(8, 1, 1e-2));
  }

  static TrainerConfig with(ResLoraConfig adapter, TrainingConfig training) {
    return new TrainerConfig(
        TestModels.tiny().toString(),
        "cpu",
        1,
        adapter,
        training,
        new SnapshotSchedule(4, Duration.ZERO));
  }

  /** A small language model, every projection; models take few examples at a time. */
  static TrainerConfig language(Shortcut shortcut, int batchExamples, double learningRate) {
    List<String> all = List.of(".*_proj");
    return new TrainerConfig(
        TestModels.tinyLlama().toString(),
        "cpu",
        1,
        new ResLoraConfig(4, 8, shortcut, 2, 0.1, all),
        training(batchExamples, 1, learningRate),
        new SnapshotSchedule(4, Duration.ZERO));
  }

  static TrainingConfig training(int batchExamples, int accumulation, double learningRate) {
    return new TrainingConfig(
        batchExamples,
        256,
        accumulation,
        learningRate,
        learningRate,
        new Schedule(Schedule.Kind.CONSTANT, 2, 1),
        0.9,
        0.999,
        1e-8,
        0.01,
        1.0,
        Pooling.MEAN,
        3,
        Precision.FLOAT32,
        7,
        2,
        200,
        Merge.AUTO,
        new BaselineConfig(2, 32));
  }

  /** The real MiniLM, q and v. */
  static TrainerConfig real(Shortcut shortcut) {
    TrainingConfig training =
        new TrainingConfig(
            16,
            1024,
            1,
            1e-3,
            2e-2,
            new Schedule(Schedule.Kind.CONSTANT, 2, 1),
            0.9,
            0.999,
            1e-8,
            0.01,
            1.0,
            Pooling.MEAN,
            3,
            Precision.FLOAT32,
            7,
            2,
            200,
            Merge.AUTO,
            new BaselineConfig(2, 16));
    return new TrainerConfig(
        TestModels.minilm().toString(),
        "cpu",
        1,
        new ResLoraConfig(4, 8, shortcut, 1, 0.1, List.of("query", "value")),
        training,
        new SnapshotSchedule(0, Duration.ZERO));
  }

  /** Sentences of three topics. */
  static List<TokenizedExample> sentences(Tokenizer tokenizer, int count) {
    List<List<String>> subjects =
        List.of(
            List.of("The soup", "This cake", "Fresh bread", "The curry"),
            List.of("The engine", "A new car", "This truck", "The motorcycle"),
            List.of("The orchestra", "A violin", "Her song", "The choir"));
    List<String> ends = List.of("was a surprise", "is from the north", "cost very little");
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = i % 3;
      String text = subjects.get(label).get(i / 3 % 4) + " " + ends.get(i / 12 % 3);
      examples.add(example(i, tokenizer.encode(text).tokens(), "label-" + label));
    }
    return examples;
  }

  /** Texts of 3 to 9 tokens, whose label is told by the words that they use. */
  static List<TokenizedExample> examples(int count) {
    Random random = new Random(3);
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(3);
      int[] tokens = new int[3 + random.nextInt(7)];
      for (int t = 0; t < tokens.length; t++) {
        tokens[t] = FIRST_WORD + 10 * label + random.nextInt(10);
      }
      examples.add(example(i, tokens, "label-" + label));
    }
    return examples;
  }

  static TokenizedExample example(int offset, int[] tokens, String label) {
    return new TokenizedExample(
        "a", "e" + offset, "in", 0, offset, 1_000L * offset, tokens, null, 0, label, 1);
  }
}
