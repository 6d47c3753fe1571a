package dev.reslora.training;

import static dev.reslora.training.Offered.offer;
import static dev.reslora.training.Offered.reports;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.reslora.model.TestModels;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Announced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnchorWatchTest {

  private static final Trainer OPEN = Trainer.open(TrainerConfigs.tiny(Shortcut.NONE));

  private static final List<TokenizedExample> EXAMPLES = TrainerConfigs.examples(120);

  /** Two labels that the stream has, one that it never has. */
  private static final String ANCHORS =
      """
      {"text": "the soup", "label": "label-0"}
      {"text": "a bright car", "label": "label-1"}
      {"text": "nobody knows", "label": "label-x"}
      """;

  @TempDir private Path directory;

  @AfterAll
  static void close() {
    OPEN.close();
  }

  private static AnchorFile file(String digest) {
    return new AnchorFile(
        List.of(
            TrainerConfigs.example(0, new int[] {11}, "a"),
            TrainerConfigs.example(1, new int[] {12}, "b"),
            TrainerConfigs.example(2, new int[] {13}, "a")),
        digest,
        4);
  }

  @Test
  void measuresEachExampleAgainstItsFirstLoss() {
    AnchorWatch watch = new AnchorWatch(file("one"));
    assertThat(watch.due(0)).isTrue();
    assertThat(watch.askable(List.of("a"))).containsExactly(0, 2);
    watch.measured(1, new int[] {0, 2}, new double[] {1, 3}, new double[] {1, 0});
    assertThat(figures(watch)).containsExactly(2.0, 1 / 3.0, 0.0);
    assertThat(watch.stale(1)).isFalse();
    assertThat(watch.due(4)).isFalse();
    assertThat(watch.due(5)).isTrue();
    watch.measured(5, new int[] {0, 1, 2}, new double[] {1.5, 7, 2}, new double[] {1, 1, 1});
    assertThat(figures(watch)).containsExactly(3.5, 1.0, -0.5 / 3);
    watch.measured(9, new int[] {0, 1, 2}, new double[] {1, 8, 3}, new double[] {1, 0, 1});
    assertThat(figures(watch)).containsExactly(4.0, 2 / 3.0, 1 / 3.0);
    watch.invalidate();
    assertThat(watch.stale(9)).isTrue();
  }

  @Test
  void keepsItsFirstLossesForTheSameFileAlone() {
    AnchorWatch watch = new AnchorWatch(file("one"));
    watch.measured(1, new int[] {0}, new double[] {1}, new double[] {1});
    Sections sections = new Sections();
    watch.write(sections);
    AnchorWatch same = AnchorWatch.read(file("one"), sections);
    assertThat(figures(same)).isEqualTo(figures(watch));
    assertThat(same.stale(1)).isFalse();
    same.measured(2, new int[] {0}, new double[] {1.5}, new double[] {1});
    assertThat(same.rise()).isEqualTo(0.5);
    assertThat(figures(AnchorWatch.read(file("other"), sections))).containsOnlyNulls();
    assertThat(figures(AnchorWatch.read(AnchorFile.NONE, sections))).containsOnlyNulls();
    Sections none = new Sections();
    new AnchorWatch(AnchorFile.NONE).write(none);
    assertThat(none.entries()).isEmpty();
  }

  private static List<Double> figures(AnchorWatch watch) {
    StepReport report = new StepReport();
    watch.report(report);
    List<Double> figures = new ArrayList<>();
    figures.add(report.getAnchorLoss());
    figures.add(report.getAnchorAccuracy());
    figures.add(report.getAnchorForgetting());
    return figures;
  }

  @Test
  void reportsWhatTheAdapterAnswers() throws IOException {
    TrainerConfig config = TrainerConfigs.tiny(Shortcut.BLOCK).anchored(source(ANCHORS, 1));
    AnchorFile file = AnchorFile.read(config.anchor(), TestModels.tiny());
    try (Trainer trainer = Trainer.open(config);
        AdapterTraining adapter = trainer.create("a")) {
      List<StepReport> reports = reports(offer(adapter, EXAMPLES.subList(0, 24)));
      assertThat(reports.get(0).getAnchorLoss()).as("no label is known").isNull();
      assertThat(reports.get(1).getAnchorForgetting()).isZero();
      double loss = reports.get(1).getAnchorLoss();
      double risen = reports.get(2).getAnchorLoss() - loss;
      assertThat(reports.get(2).getAnchorForgetting()).isCloseTo(risen, within(1e-12));
      double accuracy = adapter.accuracy(file.examples());
      StepReport next = reports(offer(adapter, EXAMPLES.subList(24, 32))).get(0);
      assertThat(next.getAnchorAccuracy()).isEqualTo(accuracy);
    }
  }

  @Test
  void learnsNothingFromThem() throws IOException {
    TrainerConfig config = TrainerConfigs.tiny(Shortcut.BLOCK);
    byte[] without = params(config);
    assertThat(params(config.anchored(source(ANCHORS, 1)))).isEqualTo(without);
  }

  private static byte[] params(TrainerConfig config) {
    try (Trainer trainer = Trainer.open(config);
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, EXAMPLES);
      byte[] params = adapter.checkpoint().get("adapter.params#0000");
      assertThat(adapter.checkpoint()).containsKey("labels#0000");
      return params == null ? new byte[0] : params;
    }
  }

  @Test
  void restoresBitForBit() throws IOException {
    TrainerConfig config = TrainerConfigs.tiny(Shortcut.BLOCK).anchored(source(ANCHORS, 2));
    try (Trainer trainer = Trainer.open(config)) {
      List<StepReport> whole;
      SortedMap<String, byte[]> end;
      try (AdapterTraining adapter = trainer.create("a")) {
        whole = reports(offer(adapter, EXAMPLES));
        end = adapter.checkpoint();
      }
      List<StepReport> pieces = new ArrayList<>();
      SortedMap<String, byte[]> middle;
      try (AdapterTraining adapter = trainer.create("a")) {
        pieces.addAll(reports(offer(adapter, EXAMPLES.subList(0, 45))));
        middle = adapter.checkpoint();
      }
      try (AdapterTraining adapter = trainer.restore("a", middle)) {
        pieces.addAll(reports(offer(adapter, EXAMPLES.subList(45, 120))));
        assertThat(adapter.checkpoint().get("guards.anchors#0000"))
            .isEqualTo(end.get("guards.anchors#0000"));
      }
      assertThat(pieces).isEqualTo(whole);
    }
  }

  /** The loss of an example falls at first: with a limit of next to nothing, its rise holds. */
  @Test
  void holdsACandidateBackThatHasForgotten() throws IOException {
    GateConfig gate = new GateConfig(0, 1, 0.05, 0.05, 0, 1, 0, 1e-6, 0, false);
    GuardConfig off = GuardConfig.OFF;
    GuardConfig guards =
        new GuardConfig(0.99, 50, off.admission(), off.drift(), off.replay(), gate);
    // Of a label that came once, at the very start, and never again.
    String anchors = "{\"text\": \"the soup\", \"label\": \"label-x\"}";
    TrainerConfig config =
        TrainerConfigs.tiny(Shortcut.BLOCK).guarded(guards).anchored(source(anchors, 1));
    List<TokenizedExample> examples = new ArrayList<>();
    examples.add(TrainerConfigs.example(900, new int[] {11, 12}, "label-x"));
    EXAMPLES.stream()
        .filter(example -> !"label-2".equals(example.label()))
        .limit(63)
        .forEach(examples::add);
    try (Trainer trainer = Trainer.open(config);
        AdapterTraining adapter = trainer.create("a")) {
      List<AdapterEvent> events =
          offer(adapter, examples).stream()
              .filter(Announced.class::isInstance)
              .map(event -> ((Announced) event).event())
              .toList();
      AdapterEvent last = events.get(events.size() - 1);
      assertThat(last.getKind()).isEqualTo(AdapterEventKind.CANDIDATE_HELD);
      Criterion rise = last.getCriteria().get(last.getCriteria().size() - 1);
      assertThat(rise.getName()).isEqualTo("anchor rise");
      assertThat(rise.getValue()).isGreaterThan(0.1);
      assertThat(rise.getMet()).isFalse();
    }
  }

  @Test
  void watchesALanguageModelFromItsFirstStepOn() throws IOException {
    AnchorSource source = source("{\"text\": \"one two three four\"}", 1);
    TrainerConfig config = TrainerConfigs.language(Shortcut.NONE, 2, 1e-2).anchored(source);
    try (Trainer trainer = Trainer.open(config);
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> texts = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        texts.add(
            new TokenizedExample(
                "a", "e" + i, "in", 0, i, 0, new int[] {5, 6, 7, 8, 9}, null, 0, null, 1));
      }
      List<StepReport> reports = reports(offer(adapter, texts));
      assertThat(reports.get(0).getAnchorForgetting()).isZero();
      assertThat(reports.get(0).getAnchorLoss()).isPositive();
      assertThat(reports.get(0).getAnchorAccuracy()).isNull();
      assertThat(reports.get(3).getAnchorForgetting()).isNotZero();
    }
  }

  private AnchorSource source(String content, long everySteps) throws IOException {
    Path file = Files.writeString(directory.resolve("anchors.jsonl"), content);
    return new AnchorSource(file.toString(), 0, everySteps);
  }
}
