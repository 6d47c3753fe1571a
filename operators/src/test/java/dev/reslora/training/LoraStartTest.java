package dev.reslora.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.reslora.LoraAdapter;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.reslora.ResLoraConfig;
import dev.reslora.reslora.Shortcut;
import dev.reslora.snapshot.LoraReader;
import dev.reslora.text.TokenizedExample;
import dev.reslora.training.TrainingEvent.SnapshotDue;
import dev.reslora.training.TrainingEvent.Stepped;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters that begin with what the real peft saved; see {@code deploy/smoke/peft_start.py}. */
class LoraStartTest {

  private static final List<String> TARGETS = List.of("query", "value", "output.dense");

  private static Path directory;
  private static LoraAdapter saved;

  @BeforeAll
  static void read() throws IOException, URISyntaxException {
    directory =
        Path.of(Objects.requireNonNull(LoraStartTest.class.getResource("recorded/peft")).toURI());
    saved = LoraReader.read(directory);
  }

  @Test
  void answersAsPeftDoesBeforeItLearns() throws IOException {
    JsonNode answers = new ObjectMapper().readTree(directory.resolve("answers.json").toFile());
    assertThat(answers).hasSize(8);
    try (Trainer trainer = Trainer.open(plain(training(1)), saved)) {
      for (JsonNode answer : answers) {
        int[] tokens =
            StreamSupport.stream(answer.get("tokens").spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
        String label = answer.get("label").textValue();
        try (AdapterTraining adapter = trainer.create("a")) {
          List<TrainingEvent> events = adapter.offer(TrainerConfigs.example(0, tokens, label));
          assertThat(((Stepped) events.get(0)).report().getLoss())
              .isCloseTo(answer.get("loss").doubleValue(), within(1e-5));
        }
      }
    }
  }

  @Test
  void publishesTheAdapterAsItCame() {
    try (Trainer trainer = Trainer.open(plain(training(8)), saved);
        AdapterTraining adapter = trainer.create("a")) {
      MergedAdapter published = ((SnapshotDue) adapter.publish("c").get(0)).adapter();
      assertThat(published.factors()).hasSameSizeAs(saved.factors());
      for (MergedFactor factor : published.factors()) {
        LoraAdapter.Factor from =
            saved.factors().stream()
                .filter(each -> each.module().equals("bert." + factor.module()))
                .findFirst()
                .orElseThrow();
        assertThat(factor.a()).isEqualTo(from.a());
        float[] scaled = from.b().clone();
        IntStream.range(0, scaled.length).forEach(i -> scaled[i] *= 2);
        assertThat(factor.b()).isEqualTo(scaled);
      }
      assertThat(published.head()).usingRecursiveComparison().isEqualTo(saved.head());
    }
  }

  @Test
  void goesOnAfterARestoreAsIfNothingHadHappened() {
    List<TokenizedExample> examples = TrainerConfigs.examples(100);
    try (Trainer trainer = Trainer.open(plain(training(8)), saved)) {
      SortedMap<String, byte[]> whole;
      try (AdapterTraining adapter = trainer.create("a")) {
        examples.forEach(adapter::offer);
        whole = adapter.checkpoint();
      }
      for (int cut : List.of(0, 5, 64)) {
        SortedMap<String, byte[]> middle;
        try (AdapterTraining adapter = trainer.create("a")) {
          examples.subList(0, cut).forEach(adapter::offer);
          middle = adapter.checkpoint();
        }
        try (AdapterTraining adapter = trainer.restore("a", middle)) {
          examples.subList(cut, examples.size()).forEach(adapter::offer);
          SortedMap<String, byte[]> end = adapter.checkpoint();
          assertThat(end.keySet()).isEqualTo(whole.keySet());
          end.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(whole.get(name)));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 |  8 | input | query;value;output.dense | MEAN | 3 | reslora.adapter.shortcut=none, found"
            + " input",
        "8 | 16 | none  | query;value;output.dense | MEAN | 3 | rank reslora.adapter.rank = 8, found"
            + " r 4",
        "4 |  4 | none  | query;value;output.dense | MEAN | 3 | set reslora.adapter.alpha to 8.0",
        "4 |  8 | none  | query;value              | MEAN | 3 | target-modules only, found one of"
            + " bert.encoder.layer.",
        "4 |  8 | none  | query;value;key          | MEAN | 3 | self.key, which"
            + " reslora.adapter.target-modules names, found none",
        "4 |  8 | none  | query;value;output.dense | CLS  | 3 | reslora.model.pooling cls, found"
            + " mean",
        "4 |  8 | none  | query;value;output.dense | MEAN | 2 | up to 2 different labels",
      })
  void refusesWhatDoesNotFitByName(
      int rank,
      double alpha,
      String shortcut,
      String targets,
      Pooling pooling,
      int maxLabels,
      String problem) {
    TrainingConfig like = training(8);
    TrainerConfig config =
        TrainerConfigs.with(
            new ResLoraConfig(
                rank,
                alpha,
                shortcut.equals("none") ? Shortcut.NONE : Shortcut.INPUT,
                1,
                0,
                List.of(targets.split(";"))),
            new TrainingConfig(
                like.batchExamples(),
                like.batchTokens(),
                like.accumulation(),
                like.learningRate(),
                like.headLearningRate(),
                like.schedule(),
                like.beta1(),
                like.beta2(),
                like.epsilon(),
                like.weightDecay(),
                like.clipNorm(),
                pooling,
                maxLabels,
                like.precision(),
                like.seed(),
                like.pauseAfter(),
                like.recentTokens(),
                like.merge(),
                like.baseline()));
    assertThatThrownBy(() -> Trainer.open(config, saved))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("reslora.adapter.start-from: expected ")
        .hasMessageContaining(problem);
  }

  @Test
  void refusesAnAdapterOfAnotherBaseModel() {
    LoraAdapter other =
        new LoraAdapter(
            saved.rank(), saved.scale(), saved.factors(), saved.head(), "f".repeat(64), "d");
    assertThatThrownBy(() -> Trainer.open(plain(training(8)), other))
        .hasMessageContaining("start-from: expected base model ")
        .hasMessageContaining("found " + "f".repeat(64));
  }

  @Test
  void isPartOfTheConfigurationThatDecides() {
    LoraAdapter other =
        new LoraAdapter(
            saved.rank(), saved.scale(), saved.factors(), saved.head(), null, "another");
    assertThat(List.of(configDigest(null), configDigest(saved), configDigest(other)))
        .doesNotHaveDuplicates();
  }

  private static String configDigest(@Nullable LoraAdapter start) {
    try (Trainer trainer = Trainer.open(plain(training(8)), start)) {
      return trainer.configDigest();
    }
  }

  private static TrainerConfig plain(TrainingConfig training) {
    return TrainerConfigs.with(new ResLoraConfig(4, 8, Shortcut.NONE, 1, 0, TARGETS), training);
  }

  private static TrainingConfig training(int batchExamples) {
    return TrainerConfigs.training(batchExamples, 1, 1e-2);
  }
}
