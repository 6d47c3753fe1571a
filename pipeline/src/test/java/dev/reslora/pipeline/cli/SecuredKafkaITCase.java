package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.DocumentedRights;
import dev.reslora.pipeline.KafkaRefusesException;
import dev.reslora.pipeline.ResLoraJob;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.SecuredBroker;
import dev.reslora.pipeline.local.TopicPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, SCRAM and ACLs, with the properties and exactly the rights that the documents name. */
class SecuredKafkaITCase {

  private static final int EXAMPLES = 40;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(90);
  private static final String NO_MODEL = "reslora.model.directory: expected a Hugging Face";

  @TempDir static Path shared;
  private static SecuredBroker broker;
  private static Path job;
  private static Path producer;
  private static Path reader;

  @TempDir Path directory;
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = SecuredBroker.start(shared);
    job = broker.addUser("job");
    producer = broker.addUser("producer");
    reader = broker.addUser("reader");
    broker.createTopics(
        List.of(
            new TopicPlan("training-examples", 2),
            new TopicPlan("model-snapshots", 2).compacted(),
            new TopicPlan("training-metrics", 2),
            new TopicPlan("training-rejected", 2)));
    for (DocumentedRights.Row row : DocumentedRights.of("producers")) {
      broker.allow("producer", row.resource(), row.operation());
    }
    for (DocumentedRights.Row row : DocumentedRights.of("servers, `snapshots`")) {
      broker.allow("reader", row.resource(), row.operation());
    }
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void allowTheJobWhatItNeeds() throws Exception {
    for (DocumentedRights.Row row : DocumentedRights.of("job")) {
      broker.allow("job", row.resource(), row.operation());
    }
    // Brokers learn of it a moment later.
    awaitRefusal(NO_MODEL);
  }

  @Test
  void trainsAndPublishesWithTheRightsThatTheDocumentsName() throws Exception {
    Path examples = directory.resolve("examples.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      lines.add(
          "{\"text\": \"%s\", \"label\": \"%d\"}".formatted(Integer.toString(i * 31, 36), i % 3));
    }
    Files.write(examples, lines);
    List<String> words = new ArrayList<>(List.of("run", "--config", config().toString()));
    words.addAll(List.of("--web-port", Integer.toString(LocalBroker.freePort())));
    set(words, "reslora.model.directory", TestModels.tiny().toString());
    RunningCommand running =
        RunningCommand.start(Writer.nullWriter(), err, words.toArray(String[]::new));
    try {
      assertThat(
              execute(
                  Writer.nullWriter(),
                  client(producer, "produce", examples.toString(), "--adapter", "secured")))
          .as(err.toString())
          .isZero();
      String expected = "model-snapshots is sound: 4 versions of 1 adapter";
      StringWriter said = new StringWriter();
      long deadline = System.nanoTime() + PATIENCE;
      while (!said.toString().contains(expected)) {
        assertThat(System.nanoTime()).as(said + " " + err).isLessThan(deadline);
        assertThat(running.exit().isDone()).as(err.toString()).isFalse();
        said.getBuffer().setLength(0);
        assertThat(execute(said, client(reader, "snapshots", "verify")))
            .as(err.toString())
            .isZero();
      }
    } finally {
      running.stop();
    }
  }

  @Test
  void namesEachRightThatIsMissingAndWhoLacksIt() throws Exception {
    for (DocumentedRights.Row row : DocumentedRights.of("job")) {
      broker.forbid("job", row.resource(), row.operation());
      String operation = row.operation() == AclOperation.READ ? "Read" : "Write";
      String refusal = "does not allow User:job %s on ".formatted(operation);
      awaitRefusal(refusal);
      assertThat(err.toString())
          .contains(row.resource().name())
          .contains("Kafka at " + broker.bootstrapServers())
          .doesNotContain("\tat ");
      broker.allow("job", row.resource(), row.operation());
      awaitRefusal(NO_MODEL);
    }
  }

  @Test
  void namesATopicThatIsMissing() throws Exception {
    broker.allow(
        "job",
        new ResourcePattern(ResourceType.TOPIC, "nowhere", PatternType.LITERAL),
        AclOperation.WRITE);
    awaitRefusal("has no topic nowhere; create", "reslora.kafka.topic.metrics=nowhere");
  }

  @Test
  void namesAUserWhomTheBrokerDoesNotKnow() throws Exception {
    Path secrets = Files.createDirectories(directory.resolve("stranger"));
    Files.writeString(secrets.resolve("username"), "stranger");
    Files.writeString(secrets.resolve("password"), "guessed");
    Files.copy(job.resolve("ca.pem"), secrets.resolve("ca.pem"));
    Path file = config(secrets);
    assertThat(check(file)).isEqualTo(1);
    assertThat(err.toString())
        .contains("does not authenticate User:stranger")
        .doesNotContain("\tat ");
  }

  @Test
  void namesATransactionTimeoutThatBrokersDoNotAllow() throws Exception {
    awaitRefusal(
        "does not allow reslora.delivery.transaction-timeout = 2 h",
        "reslora.delivery.transaction-timeout=2 h");
  }

  @Test
  void theJobJarWaitsAndThenFailsWithTheSameSentence() throws Exception {
    String[] arguments = {
      "--config", config().toString(),
      "--set", "reslora.kafka.check-timeout=2 s",
      "--set", "reslora.kafka.topic.snapshots=training-examples-2",
    };
    long begin = System.nanoTime();
    assertThatThrownBy(() -> ResLoraJob.main(arguments))
        .isInstanceOf(KafkaRefusesException.class)
        .hasMessage(
            "Kafka at "
                + broker.bootstrapServers()
                + " does not allow User:job Write on topic training-examples-2");
    assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
  }

  /** The job's configuration, its Kafka properties those of the documents. */
  private Path config() throws IOException {
    return config(job);
  }

  private Path config(Path secrets) throws IOException {
    Path file = directory.resolve("job-of-" + secrets.getFileName() + ".yaml");
    Files.writeString(
        file,
        DocumentedRights.properties().replace("/etc/reslora/kafka", secrets.toString())
            + """
            reslora.kafka.bootstrap-servers: %s
            reslora.model.directory: %s
            reslora.model.max-tokens: 0
            reslora.training.batch-examples: 2
            reslora.snapshot.every-steps: 5
            reslora.checkpoint:
              directory: %s
              interval: 500 ms
            """
                .formatted(
                    broker.bootstrapServers(),
                    directory.resolve("no-model"),
                    directory.resolve("checkpoints")));
    return file;
  }

  /** Starts the job without a model, until it is refused with this. */
  private void awaitRefusal(String sentence, String... settings) throws IOException {
    Path file = config();
    long deadline = System.nanoTime() + PATIENCE / 3;
    do {
      err.getBuffer().setLength(0);
      assertThat(check(file, settings)).isEqualTo(1);
      assertThat(System.nanoTime()).as(err.toString()).isLessThan(deadline);
    } while (!err.toString().contains(sentence));
  }

  private int check(Path config, String... settings) {
    List<String> words = new ArrayList<>(List.of("run", "--config", config.toString()));
    for (String setting : settings) {
      words.addAll(List.of("--set", setting));
    }
    return execute(Writer.nullWriter(), words);
  }

  /** A command with a user's client properties. */
  private List<String> client(Path secrets, String... words) throws IOException {
    Properties properties = new Properties();
    properties.put("security.protocol", "SASL_SSL");
    properties.put("sasl.mechanism", "SCRAM-SHA-512");
    properties.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required"
            + " username=\"${directory:%1$s:username}\" password=\"${directory:%1$s:password}\";"
                .formatted(secrets));
    properties.put("ssl.truststore.type", "PEM");
    properties.put("ssl.truststore.location", secrets.resolve("ca.pem").toString());
    properties.put("config.providers", "directory");
    properties.put(
        "config.providers.directory.class",
        "org.apache.kafka.common.config.provider.DirectoryConfigProvider");
    Path file = directory.resolve(secrets.getFileName() + ".properties");
    try (Writer out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--bootstrap-servers", broker.bootstrapServers()));
    all.addAll(List.of("--command-config", file.toString()));
    return all;
  }

  private int execute(Writer out, List<String> words) {
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words.toArray(String[]::new));
  }

  private static void set(List<String> words, String key, String value) {
    words.addAll(List.of("--set", key + "=" + value));
  }
}
