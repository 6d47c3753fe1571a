package dev.reslora.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reslora.reslora.Shortcut;
import dev.reslora.training.AnchorSource;
import dev.reslora.training.ForgettingConfig;
import dev.reslora.training.Schedule;
import dev.reslora.training.TrainerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobConfigTest {

  static final List<String> REQUIRED =
      List.of(
          "reslora.kafka.bootstrap-servers=broker:9092",
          "reslora.model.directory=models/minilm",
          "reslora.checkpoint.directory=checkpoints");

  @TempDir Path directory;

  @Test
  void needsOnlyTheBrokerTheModelAndTheCheckpointDirectory() {
    JobConfig config = ConfigSource.load(null, REQUIRED);

    assertThat(config.kafka().topics().all())
        .containsExactly(
            "training-examples", "model-snapshots", "training-metrics", "training-rejected");
    assertThat(config.train().trainer().adapter().targetModules()).isEmpty();
    assertThat(config.checkpoint().interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(problemsOf()).hasSize(3).allMatch(problem -> problem.endsWith("is required"));
  }

  @Test
  void listsEveryMistakeAtOnce() {
    assertThat(
            problemsOf(
                "reslora.kafka.bootstrap-servers=broker",
                "reslora.model.directory=models/minilm",
                "reslora.checkpoint.directory=checkpoints",
                "reslora.adapter.rank=eight",
                "reslora.adapter.shortcut=blok",
                "reslora.adapter.pre-num=-2",
                "reslora.training.batch-exmaples=16"))
        .containsExactly(
            "reslora.kafka.bootstrap-servers: expected host:port, comma-separated, found 'broker'",
            "reslora.adapter.rank: expected a value of type integer, found 'eight'",
            "reslora.adapter.shortcut: expected one of none, input, block, middle, found 'blok'",
            "reslora.adapter.pre-num: expected -1 (all), 0, 1, 2, ..., found '-2'",
            "reslora.training.batch-exmaples: no such option; did you mean"
                + " reslora.training.batch-examples?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reslora.adapter.target-modules=query;layer.(   | reslora.adapter.target-modules: expected"
            + " a name or",
        "reslora.training.batch-tokens=100             | at least reslora.model.max-tokens = 256",
        "reslora.training.together=0                   | expected a whole number from 1 to 256",
        "reslora.delivery.transaction-timeout=10 min   | more than reslora.checkpoint.interval + ",
        "reslora.wire.format=confluent                 | reslora.wire.registry.url: is required by",
        "reslora.wire.registry.url=localhost:8081      | registry url: expected http(s)://host",
        "reslora.kafka.topic.metrics=model-snapshots   | expected four topics",
        "reslora.limits.dead-letter-bytes=10 mb        | at most 900000 bytes",
        "reslora.limits.record-bytes=3 gb              | from 1 kb to 1 gb",
        "reslora.training.learning-rate=NaN            | expected a number above 0, at most 10.0, found 'NaN'",
        "reslora.adapter.dropout=1                     | from 0 up to but not 1",
        "reslora.job.parallelism=200                   | from 1 to reslora.job.max-parallelism ="
            + " 128",
        "reslora.model.device=gpu                      | auto, cpu or cuda:N",
        "reslora.forgetting.l2-sp=-1                   | expected 0 or a number above, found",
        "reslora.forgetting.ewc-at=drift               | reslora.forgetting.ewc-at: expected"
            + " published, for reslora.drift.detector is none",
        "reslora.gate.max-anchor-rise=0.1              | reslora.gate.max-anchor-rise: expected 0,"
            + " for reslora.forgetting.anchor-file is not set",
        "reslora.checkpoint.interval=soon              | expected a value of type duration",
        "adapter.rank=4                                | did you mean reslora.adapter.rank?",
        "flink.state.backend.type=hashmap              | set reslora.state.backend instead",
        "flink.pipeline.generic-types=true             | no record goes by Kryo",
        "wrong                                         | expected key=value, found 'wrong'",
      })
  void namesTheOptionTheExpectationAndTheFinding(String word, String problem) {
    List<String> words = new ArrayList<>(REQUIRED);
    words.add(word);

    assertThat(problemsOf(words.toArray(String[]::new)))
        .singleElement()
        .asString()
        .contains(problem);
  }

  @Test
  void trainsTogetherOnlyWhereNobodyMindsTheLastBits() {
    List<String> words = new ArrayList<>(REQUIRED);
    words.add("reslora.training.together=8");
    assertThat(ConfigSource.load(null, words).train().trainer().together()).isEqualTo(8);
    words.add("reslora.delivery.mode=idempotent");
    words.add("reslora.forgetting.kl=0.5");
    assertThat(problemsOf(words.toArray(String[]::new)))
        .containsExactlyInAnyOrder(
            "reslora.training.together: expected 1, for what idempotent delivery repeats has to be"
                + " the same bytes, found '8 with reslora.delivery.mode idempotent'",
            "reslora.training.together: expected 1, for a teacher's pupils train alone, found '8"
                + " with reslora.forgetting.kl 0.5'");
  }

  @Test
  void readsNestedAndDottedKeysAndLists() throws IOException {
    Path file =
        write(
            """
            reslora:
              kafka:
                bootstrap-servers: "a:9092, b:9092"
                properties:
                  security.protocol: SASL_SSL
              model.directory: /models/minilm
              checkpoint.directory: s3://bucket/checkpoints
              adapter:
                shortcut: middle
                pre-num: -1
                start-from: /adapters/first
                target-modules:
                  - encoder\\.layer\\.[0-3]\\.attention\\.self\\.(query|value)
                  - key
              training.schedule: cosine-restarts
              snapshot.every-event-time: 1 d
            flink.taskmanager.numberOfTaskSlots: 4
            """);

    JobConfig config = ConfigSource.load(file, List.of("reslora.adapter.shortcut=input"));

    assertThat(config.kafka().properties()).containsEntry("security.protocol", "SASL_SSL");
    assertThat(config.train().trainer().adapter().shortcut()).isEqualTo(Shortcut.INPUT);
    assertThat(config.train().startFrom()).isEqualTo("/adapters/first");
    assertThat(config.train().trainer().adapter().targetModules())
        .containsExactly("encoder\\.layer\\.[0-3]\\.attention\\.self\\.(query|value)", "key");
    assertThat(config.train().trainer().training().schedule().kind())
        .isEqualTo(Schedule.Kind.COSINE_RESTARTS);
    assertThat(config.train().trainer().snapshots().everyEventTime()).isEqualTo(Duration.ofDays(1));
    assertThat(config.flink()).containsEntry("taskmanager.numberOfTaskSlots", "4");
  }

  @Test
  void readsWhatIsToBeDoneAgainstForgetting() {
    List<String> words = new ArrayList<>(REQUIRED);
    words.addAll(
        List.of(
            "reslora.forgetting.l2-sp=0.5",
            "reslora.forgetting.anchor=published",
            "reslora.forgetting.ewc=100",
            "reslora.forgetting.ewc-decay=0.8",
            "reslora.forgetting.ewc-at=either",
            "reslora.forgetting.kl=2",
            "reslora.forgetting.kl-to=base",
            "reslora.forgetting.anchor-file=/data/anchors.jsonl",
            "reslora.forgetting.anchor-every-steps=50",
            "reslora.gate.max-anchor-rise=0.2"));

    TrainerConfig trainer = ConfigSource.load(null, words).train().trainer();

    assertThat(trainer.guards().forgetting())
        .isEqualTo(
            new ForgettingConfig(
                0.5,
                0.01,
                ForgettingConfig.Anchor.PUBLISHED,
                100,
                0.8,
                ForgettingConfig.Boundary.EITHER,
                2,
                ForgettingConfig.Teacher.BASE));
    assertThat(trainer.anchor()).isEqualTo(new AnchorSource("/data/anchors.jsonl", 256, 50));
    assertThat(trainer.guards().gate().maxAnchorRise()).isEqualTo(0.2);
    words.add("reslora.baseline.every=0");
    assertThat(problemsOf(words.toArray(String[]::new)))
        .containsExactly(
            "reslora.forgetting.kl-to: expected published, for reslora.baseline.every is 0, found"
                + " 'base'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 2]                       | expected keys and values, found a list",
        "'reslora: {job.name: '       | not YAML",
        "'a: 1\na: 2'                 | not YAML: Duplicate field 'a'",
        "'reslora.job.name: ~'        | reslora.job.name: expected a value, found none",
        "'reslora.limits.adapters: [[x]]' | expected a list of plain values, found in it a list",
      })
  void namesWhatIsWrongInAFile(String yaml, String problem) throws IOException {
    Path file = write(yaml);

    assertThat(
            catchThrowableOfType(
                    InvalidConfigException.class, () -> ConfigSource.load(file, REQUIRED))
                .problems())
        .anyMatch(found -> found.contains(problem));
  }

  @Test
  void namesAFileThatIsMissing() {
    InvalidConfigException failure =
        catchThrowableOfType(
            InvalidConfigException.class,
            () -> ConfigSource.load(directory.resolve("none.yaml"), List.of()));

    // What it would set is not asked for besides.
    assertThat(failure.problems())
        .singleElement()
        .asString()
        .endsWith("none.yaml: there is no such file");
  }

  @Test
  void keepsTheRegistrysPasswordOutOfText() {
    List<String> words = new ArrayList<>(REQUIRED);
    words.add("reslora.wire.registry.url=https://registry");
    words.add("reslora.wire.registry.basic-auth=me:secret");

    assertThat(ConfigSource.load(null, words).decode().toString()).doesNotContain("secret");
  }

  @Test
  void setsFlinkUpForUnalignedIncrementalCheckpointsWithoutKryo() {
    List<String> words = new ArrayList<>(REQUIRED);
    words.add("flink.rest.port=8085");

    Configuration flink = FlinkSettings.of(ConfigSource.load(null, words));

    assertThat(flink.get(PipelineOptions.GENERIC_TYPES)).isFalse();
    assertThat(flink.get(PipelineOptions.MAX_PARALLELISM)).isEqualTo(128);
    assertThat(flink.get(CheckpointingOptions.ENABLE_UNALIGNED)).isTrue();
    assertThat(flink.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS)).isTrue();
    assertThat(flink.toMap()).containsEntry("rest.port", "8085");
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("job.yaml"), yaml);
  }

  private static List<String> problemsOf(String... words) {
    return catchThrowableOfType(
            InvalidConfigException.class, () -> ConfigSource.load(null, List.of(words)))
        .problems();
  }
}
