package dev.reslora.training;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.DriftConfig.Detector;
import dev.reslora.evaluation.DriftConfig.Reaction;
import dev.reslora.evaluation.DriftConfig.Signal;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.reslora.Shortcut;
import dev.reslora.text.LateLabel;
import dev.reslora.text.TokenizedExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A trainer with every guard on, a stream that gives each something to do, and what they hold. */
final class AllGuards {

  static final int WINDOW = 50;
  static final int DUPLICATES = 100;
  static final int SOURCES = 8;
  static final int HOLDOUT = 32;
  static final int CORRECTIONS = 24;
  static final int REPLAY_BYTES = 4 << 10;
  static final int LABEL_BYTES = 700;
  static final int RECENT_TOKENS = 200;

  /** More than any example of the stream takes, with what stands beside it. */
  private static final int EXAMPLE_BYTES = 160;

  private static final String ANCHORS =
      """
      {"text": "the soup", "label": "label-0"}
      {"text": "a bright car", "label": "label-1"}
      {"text": "nobody knows", "label": "label-2"}
      """;

  private AllGuards() {}

  /**
   * The trainer.
   *
   * @param directory where the anchor file goes
   * @param detector Page-Hinkley is so easily alarmed here that the noise of a loss will do
   */
  static TrainerConfig config(Path directory, Detector detector) throws IOException {
    Path anchors = Files.writeString(directory.resolve("anchors.jsonl"), ANCHORS);
    return TrainerConfigs.tiny(Shortcut.BLOCK)
        .guarded(guards(detector))
        .anchored(new AnchorSource(anchors.toString(), 0, 3));
  }

  private static GuardConfig guards(Detector detector) {
    return new GuardConfig(
        0.99,
        WINDOW,
        new AdmissionConfig(
            DUPLICATES,
            2,
            0.9,
            List.of("label-0", "label-1", "label-2"),
            1.5,
            new SourceConfig(20, Duration.ofSeconds(60), SOURCES)),
        new DriftConfig(
            detector,
            Signal.LOSS,
            Adwin.Parameters.DEFAULT,
            new PageHinkley.Parameters(10, 0, 1, 1),
            Ddm.Parameters.DEFAULT,
            List.of(
                Reaction.RAISE_LEARNING_RATE,
                Reaction.RESET_MOMENTS,
                Reaction.RENEW_HOLDOUT,
                Reaction.RENEW_REPLAY,
                Reaction.SNAPSHOT,
                Reaction.FORK),
            3,
            5),
        new ReplayConfig(ReplayConfig.Policy.CLASS_BALANCED, REPLAY_BYTES, 3, 50),
        new GateConfig(4, HOLDOUT, 0.3, 0.2, 0, 1, 0, 0, 0, true),
        new ForgettingConfig(
            0.01,
            0.001,
            ForgettingConfig.Anchor.PUBLISHED,
            0.01,
            0.9,
            ForgettingConfig.Boundary.EITHER,
            0.1,
            ForgettingConfig.Teacher.PUBLISHED),
        new LabelsConfig(Duration.ofSeconds(40), LABEL_BYTES, CORRECTIONS));
  }

  /** Most bytes of each section of the state that takes what comes, by the options. */
  static Map<String, Integer> budgets() {
    Map<String, Integer> budgets = new TreeMap<>();
    budgets.put("batch", 8 * EXAMPLE_BYTES);
    budgets.put("recent", RECENT_TOKENS / 3 * EXAMPLE_BYTES);
    budgets.put("labels.waiting", LABEL_BYTES + 4);
    budgets.put("labels.correctable", Math.min(LABEL_BYTES, CORRECTIONS * EXAMPLE_BYTES) + 4);
    budgets.put("guards.adapter", 24 * WINDOW + 1024);
    budgets.put("guards.baseline", 24 * WINDOW + 1024);
    budgets.put("guards.beside-baseline", 24 * WINDOW + 1024);
    budgets.put("guards.admission", 16 * DUPLICATES + 64);
    budgets.put("guards.sources", 32 * SOURCES);
    budgets.put("guards.reservoir", REPLAY_BYTES + 12);
    budgets.put("guards.gate", HOLDOUT * EXAMPLE_BYTES + 1024);
    // Six buckets of 24 bytes for each power of two of a window that may be the whole stream.
    budgets.put("guards.drift.adwin", 21 * (6 * 24 + 4) + 64);
    return budgets;
  }

  /**
   * Records of one adapter, by number: texts with their labels and without, labels that come soon,
   * too late or never, corrections, ids that come again, labels of no class, many sources and one
   * that floods. What the labels mean moves on every 1,500 records.
   */
  static final class Stream {

    private static final int DRIFT = 1500;

    private final Random random = new Random(11);
    private final Map<Integer, LateLabel> due = new HashMap<>();
    private int number;

    /** The next record. */
    Object next() {
      int i = number++;
      LateLabel late = due.remove(i);
      if (late != null) {
        return label(i, late.exampleId(), late.label(), late.correction());
      }
      int topic = random.nextInt(3);
      String label = "label-" + (topic + i / DRIFT) % 3;
      boolean apart = random.nextInt(2) == 0;
      String id = "e" + (random.nextInt(20) == 0 ? Math.max(0, i - 1 - random.nextInt(60)) : i);
      if (apart && random.nextInt(8) > 0) {
        due.putIfAbsent(i + 1 + random.nextInt(45), label(i, id, label, false));
      }
      if (random.nextInt(6) == 0) {
        String other = "label-" + random.nextInt(4);
        due.putIfAbsent(i + 1 + random.nextInt(40), label(i, id, other, random.nextBoolean()));
      }
      String given = random.nextInt(30) == 0 ? "label-9" : label;
      return text(i, id, topic, apart ? null : given);
    }

    private static LateLabel label(int offset, String id, String label, boolean correction) {
      return new LateLabel("a", id, "in", 0, offset, 1_000L * offset, label, correction);
    }

    private TokenizedExample text(int offset, String id, int topic, @Nullable String label) {
      int[] tokens =
          random.ints(3 + random.nextInt(7), 0, 10).map(t -> 10 + 10 * topic + t).toArray();
      String source = offset % 2 == 0 ? "busy" : "source " + random.nextInt(40);
      return new TokenizedExample(
          "a", id, "in", 0, offset, 1_000L * offset, tokens, null, 0, label, 1, 0, source, false);
    }
  }

  /** Offers one record. */
  static List<TrainingEvent> offer(AdapterTraining adapter, Object record) {
    return record instanceof LateLabel label
        ? adapter.offer(label)
        : adapter.offer((TokenizedExample) record);
  }
}
