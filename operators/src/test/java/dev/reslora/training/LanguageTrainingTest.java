package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.evaluation.Adwin;
import dev.reslora.evaluation.Ddm;
import dev.reslora.evaluation.DriftConfig;
import dev.reslora.evaluation.PageHinkley;
import dev.reslora.model.TestModels;
import dev.reslora.reslora.Shortcut;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.text.ExampleEncoder;
import dev.reslora.text.TextTooLong;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.Announced;
import dev.reslora.training.TrainingEvent.Refused;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import dev.reslora.training.TrainingEvent.Stepped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The trainer on a language model: the same adapter, state, merges and snapshots. */
class LanguageTrainingTest {

  private static final List<String> TEXTS =
      List.of(
          "the stream goes on and the model goes on with it. ",
          "the old words and the new words: the ship sails on the sea. ",
          "zero one two three. ");

  /** Holds the base model, so that its kernels are compiled once. */
  private static final Trainer OPEN = Trainer.open(TrainerConfigs.language(Shortcut.NONE, 4, 1e-2));

  @AfterAll
  static void close() {
    OPEN.close();
  }

  /** Every third record is a long text that is cut into pieces, another a completion. */
  private static List<TokenizedExample> examples(int records) {
    List<TokenizedExample> examples = new ArrayList<>();
    try (ExampleEncoder encoder =
        ExampleEncoder.open(TestModels.tinyLlama(), 32, TextTooLong.TRUNCATE)) {
      for (int i = 0; i < records; i++) {
        String text = TEXTS.get(i % 3);
        Object payload =
            switch (i % 3) {
              case 0 -> new PlainText(text.repeat(2 + i % 4));
              case 1 -> new PromptCompletion(text, "yes");
              default -> new PlainText(text);
            };
        examples.addAll(
            encoder.encode(
                new TrainingExample("a", "e" + i, Instant.ofEpochSecond(i), payload, 1f, null),
                "in",
                0,
                i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RejectedException e) {
      throw new IllegalStateException(e);
    }
    return examples;
  }

  private static List<TrainingEvent> offer(
      AdapterTraining adapter, List<TokenizedExample> examples) {
    List<TrainingEvent> events = new ArrayList<>();
    examples.forEach(example -> events.addAll(adapter.offer(example)));
    return events;
  }

  private static <T> List<T> of(List<TrainingEvent> events, Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static List<StepReport> reports(List<TrainingEvent> events) {
    return of(events, Stepped.class).stream().map(Stepped::report).toList();
  }

  @ParameterizedTest
  @EnumSource
  void predictsBetterThanTheFrozenModel(Shortcut shortcut) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.language(shortcut, 4, 1e-2));
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = examples(60);
      List<StepReport> reports = reports(offer(adapter, examples));
      assertThat(reports.get(0).getLoss()).isEqualTo(reports.get(0).getBaselineLoss());
      assertThat(reports).allMatch(report -> report.getCorrect() == null);
      StepReport last =
          reports.stream()
              .filter(report -> report.getBaselineLoss() != null)
              .reduce((first, second) -> second)
              .orElseThrow();
      assertThat(last.getLoss()).isLessThan(0.75 * last.getBaselineLoss());
      assertThat(reports.stream().mapToInt(StepReport::getPredictions).sum())
          .isEqualTo(
              examples.subList(0, 4 * reports.size()).stream()
                  .mapToInt(example -> example.tokens().length - example.lossFrom())
                  .sum());
      assertThat(reports.stream().mapToInt(StepReport::getBytes).sum())
          .isEqualTo(
              examples.subList(0, 4 * reports.size()).stream()
                  .mapToInt(TokenizedExample::bytes)
                  .sum());
    }
  }

  @ParameterizedTest
  @EnumSource
  void restoresAndGoesOnAsIfNothingHadHappened(Shortcut shortcut) {
    List<TokenizedExample> examples = examples(40);
    try (Trainer trainer = Trainer.open(TrainerConfigs.language(shortcut, 4, 1e-2))) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, examples);
        whole = adapter.checkpoint();
      }
      for (int cut : List.of(0, 6, 41)) {
        List<TrainingEvent> twice = new ArrayList<>();
        SortedMap<String, byte[]> middle;
        try (AdapterTraining adapter = trainer.create("a")) {
          twice.addAll(offer(adapter, examples.subList(0, cut)));
          middle = adapter.checkpoint();
        }
        try (AdapterTraining adapter = trainer.restore("a", middle)) {
          twice.addAll(offer(adapter, examples.subList(cut, examples.size())));
          SortedMap<String, byte[]> end = adapter.checkpoint();
          assertThat(end.keySet()).isEqualTo(whole.keySet());
          end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
        }
        assertThat(reports(twice)).isEqualTo(reports(events));
        assertThat(of(twice, SnapshotDue.class))
            .usingRecursiveFieldByFieldElementComparator()
            .isEqualTo(of(events, SnapshotDue.class));
      }
    }
  }

  @Test
  void guardsALanguageModelAndRestoresItBitForBit() {
    GuardConfig guards =
        new GuardConfig(
            0.99,
            20,
            new AdmissionConfig(100, 2, 1, List.of(), 3),
            new DriftConfig(
                DriftConfig.Detector.PAGE_HINKLEY,
                DriftConfig.Signal.ERROR,
                Adwin.Parameters.DEFAULT,
                new PageHinkley.Parameters(10, 0, 0.5, 1),
                Ddm.Parameters.DEFAULT,
                List.of(DriftConfig.Reaction.RESET_MOMENTS),
                1,
                0),
            new ReplayConfig(ReplayConfig.Policy.RECENCY, 4 << 10, 2, 50),
            new GateConfig(5, 32, 0.3, 0.2, 0, 1, 0, 0, 0, true));
    List<TokenizedExample> examples = examples(60);
    TrainerConfig config = TrainerConfigs.language(Shortcut.BLOCK, 4, 1e-2).guarded(guards);
    try (Trainer trainer = Trainer.open(config)) {
      SortedMap<String, byte[]> whole;
      List<TrainingEvent> events;
      try (AdapterTraining adapter = trainer.create("a")) {
        events = offer(adapter, examples);
        whole = adapter.checkpoint();
        assertThat(adapter.accuracy(examples)).isBetween(0.01, 0.99);
      }
      List<TrainingEvent> twice = new ArrayList<>();
      SortedMap<String, byte[]> middle;
      try (AdapterTraining adapter = trainer.create("a")) {
        twice.addAll(offer(adapter, examples.subList(0, 33)));
        middle = adapter.checkpoint();
      }
      try (AdapterTraining adapter = trainer.restore("a", middle)) {
        twice.addAll(offer(adapter, examples.subList(33, examples.size())));
        SortedMap<String, byte[]> end = adapter.checkpoint();
        assertThat(end.keySet()).isEqualTo(whole.keySet());
        end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
      }
      assertThat(of(twice, Announced.class)).isNotEmpty().isEqualTo(of(events, Announced.class));
      StepReport last = reports(twice).get(reports(twice).size() - 1);
      assertThat(last.getWindow().getLoss()).isBetween(0.1, 10.0);
      assertThat(last.getWindow().getAccuracy()).isNull();
      assertThat(last.getReplayed()).isEqualTo(2);
    }
  }

  /** Merged copies answer as the live adapter does, as far as the merge is exact. */
  @ParameterizedTest
  @EnumSource
  void snapshotsAreCausalLanguageModelAdapters(Shortcut shortcut) {
    try (Trainer trainer = Trainer.open(TrainerConfigs.language(shortcut, 4, 1e-2));
        AdapterTraining adapter = trainer.create("a")) {
      offer(adapter, examples(40));
      SnapshotDue due = of(adapter.publish("c"), SnapshotDue.class).get(0);
      assertThat(due.adapter().head()).isNull();
      assertThat(due.adapter().factors()).hasSize(21);
      boolean exact = shortcut == Shortcut.NONE || shortcut == Shortcut.BLOCK;
      assertThat(due.fidelity().getMerge()).isEqualTo(exact ? "exact" : "least-squares");
      assertThat(due.fidelity().getKl()).isBetween(0.0, exact ? 1e-6 : 1.0);
      assertThat(due.fidelity().getAgreement()).isBetween(exact ? 0.999 : 0.5, 1.0);
      SortedMap<String, byte[]> files =
          PeftLayout.write(due.adapter(), "tiny-llama", trainer.baseModelDigest());
      assertThat(files.keySet())
          .containsExactly("adapter_config.json", "adapter_model.safetensors");
      assertThat(new String(files.get("adapter_config.json"), StandardCharsets.UTF_8))
          .contains("\"task_type\" : \"CAUSAL_LM\"")
          .contains("\"model.layers.0.self_attn.q_proj\"");
    }
  }

  @Test
  void aRecordBelongsToTheSnapshotThatHasItsEnd() {
    try (Trainer trainer = Trainer.open(TrainerConfigs.language(Shortcut.NONE, 4, 1e-2));
        AdapterTraining adapter = trainer.create("a")) {
      List<TokenizedExample> examples = examples(40);
      List<TrainingEvent> events = offer(adapter, examples);
      List<SnapshotDue> due = of(events, SnapshotDue.class);
      assertThat(due).hasSizeGreaterThan(3);
      long next = 0;
      for (int i = 0; i < due.size(); i++) {
        int pieces = 16 * (i + 1);
        long whole =
            examples.subList(0, pieces).stream().filter(piece -> !piece.continued()).count();
        assertThat(due.get(i).offsets()).containsExactly(new OffsetRange("in", 0, next, whole));
        assertThat(due.get(i).trained()).isEqualTo(16);
        assertThat(due.get(i).totalExamples()).isEqualTo(pieces);
        next = whole;
      }
      assertThat(examples.subList(0, 16 * due.size()))
          .as("a snapshot falls into the middle of a record")
          .anyMatch(TokenizedExample::continued);
    }
  }

  @Test
  void refusesALabel() {
    try (AdapterTraining adapter = OPEN.create("a")) {
      List<TrainingEvent> events =
          adapter.offer(TrainerConfigs.example(0, new int[] {1, 2, 3}, "spam"));
      assertThat(of(events, Refused.class))
          .singleElement()
          .returns(RejectionReason.UNSUPPORTED_PAYLOAD, Refused::reason);
    }
  }
}
