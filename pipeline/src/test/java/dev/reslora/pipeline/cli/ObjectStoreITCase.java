package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.ConfigSource;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.GcsServer;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.LocalJob;
import dev.reslora.pipeline.local.ObjectServer;
import dev.reslora.pipeline.local.S3Server;
import dev.reslora.pipeline.local.TopicPlan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.RecoverableFsDataOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Snapshots, checkpoints and savepoints on object stores, each by Flink's plug-in for it and a
 * server that checks keys.
 */
@ParameterizedClass
@EnumSource
@ExtendWith(BrokerExtension.class)
@SuppressWarnings("try") // a job is closed, and not looked at
class ObjectStoreITCase {

  enum Kind {
    S3 {
      @Override
      ObjectServer start() throws IOException {
        return new S3Server();
      }
    },
    GCS {
      @Override
      ObjectServer start() throws IOException {
        return new GcsServer();
      }
    };

    abstract ObjectServer start() throws IOException;
  }

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Versions of two steps each, of which two are retained. */
  private static final int VERSIONS = 4;

  @TempDir Path directory;
  private final String topic = BrokerExtension.topic("snapshots");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ObjectServer server;
  private final String store;
  private LocalBroker broker;

  ObjectStoreITCase(Kind kind) throws IOException {
    server = kind.start();
    store = server.root() + "/snapshots";
  }

  @BeforeEach
  void start(LocalBroker broker) throws Exception {
    this.broker = broker;
    load(true);
  }

  @AfterEach
  void stop() {
    server.close();
    FileSystem.initialize(new Configuration(), null);
  }

  private void load(boolean known) throws IOException {
    Path configuration = server.configuration(directory.resolve("conf"), known);
    new FilePlugins(server.plugins(), configuration).load();
  }

  @Test
  void publishesReadsRetiresAndSaves() throws Exception {
    String savepoint = publish();
    assertThat(command("state", "list", "--savepoint", savepoint)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("mail");

    assertThat(snapshots("list")).as(err.toString()).isZero();
    assertThat(snapshots("show", "--adapter", "mail")).as(err.toString()).isZero();
    assertThat(out.toString()).contains(store + "/mail-v" + VERSIONS + "-");
    assertThat(snapshots("verify", "--compacted")).as(out.toString()).isZero();
    assertThat(pull()).as(err.toString()).isZero();
    assertThat(directory.resolve("pulled/mail-v" + VERSIONS + "/adapter_model.safetensors"))
        .isNotEmptyFile();
    Path merged = directory.resolve("merged");
    String[] merge = {"--adapter", "mail", "--base", model(), "--to", merged.toString()};
    assertThat(snapshots("merge", merge)).as(err.toString()).isZero();
    assertThat(merged.resolve("model.safetensors")).isNotEmptyFile();
    assertThat(snapshots("rollback", "--adapter", "mail", "--to-version", "" + (VERSIONS - 1)))
        .as(err.toString())
        .isZero();
    assertThat(versionServed()).isEqualTo("" + (VERSIONS - 1));
  }

  /** Returns the savepoint of a job that published, retired and was stopped. */
  private String publish() throws Exception {
    String examples = BrokerExtension.topic("examples");
    List<String> settings =
        new ArrayList<>(
            List.of(
                "reslora.job.name=" + examples,
                "reslora.job.parallelism=1",
                "reslora.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                "reslora.kafka.group-id=" + examples,
                "reslora.kafka.topic.examples=" + examples,
                "reslora.kafka.topic.snapshots=" + topic,
                "reslora.model.directory=" + model(),
                "reslora.model.max-tokens=0",
                "reslora.training.batch-examples=2",
                "reslora.snapshot.every-steps=2",
                "reslora.snapshot.retain=2",
                "reslora.snapshot.store=" + store,
                "reslora.snapshot.inline-bytes=1 kb",
                "reslora.checkpoint.directory=" + server.root() + "/checkpoints",
                "reslora.checkpoint.interval=200 ms"));
    for (String other : List.of("metrics", "rejected")) {
      settings.add("reslora.kafka.topic." + other + "=" + examples + "-" + other);
      broker.createTopics(List.of(new TopicPlan(examples + "-" + other, 1)));
    }
    broker.createTopics(List.of(new TopicPlan(examples, 1), new TopicPlan(topic, 1).compacted()));
    Path lines = directory.resolve("examples.jsonl");
    Files.write(
        lines,
        IntStream.range(0, VERSIONS * 4)
            .mapToObj("{\"text\": \"text %1$d\", \"label\": \"ham\"}"::formatted)
            .toList());
    try (LocalJob job =
        LocalJob.start(
            ConfigSource.load(null, settings), LocalBroker.freePort(), Optional.empty())) {
      String[] produce = {"produce", lines.toString(), "--adapter", "mail", "--topic", examples};
      assertThat(command(words(produce))).as(err.toString()).isZero();
      await(
          () ->
              stored().stream()
                  .map(key -> key.split("-", 3)[1])
                  .toList()
                  .equals(List.of("v" + (VERSIONS - 1), "v" + VERSIONS)));
      assertThat(server.unfinished()).isZero();
      return job.stopWithSavepoint(server.root() + "/savepoints");
    }
  }

  @Test
  void namesWhatKeepsItFromReadingAVersion() throws Exception {
    String key = "snapshots/mail-v1";
    byte[] payload;
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      payload = writer.publish("mail", server.root() + "/" + key);
    }
    server.objects().put(key, payload);
    assertThat(pull()).as(err.toString()).isZero();

    payload = payload.clone();
    payload[payload.length / 2] ^= 1;
    server.objects().put(key, payload);
    assertThat(pull()).isEqualTo(1);
    assertThat(sentence()).contains("WRONG_DIGEST");

    server.objects().remove(key);
    assertThat(pull()).isEqualTo(1);
    assertThat(sentence()).contains("NO_PAYLOAD", key + " is not there");

    load(false);
    assertThat(pull()).isEqualTo(1);
    assertThat(sentence()).contains(store + "/mail-v", " cannot be read: ", server.refusal());

    FileSystem.initialize(new Configuration(), null);
    assertThat(pull()).isEqualTo(1);
    assertThat(sentence()).contains(key + " takes flink-", "FLINK_PLUGINS_DIR");
    assertThat(command("state", "list", "--savepoint", store)).isEqualTo(1);
    assertThat(sentence()).startsWith("reslora state list: " + store + " takes flink-");
  }

  @Test
  void showsNothingOfAnObjectWhoseWriterWasKilled() throws Exception {
    org.apache.flink.core.fs.Path file =
        new org.apache.flink.core.fs.Path(store + "/mail-v1-" + "a".repeat(64));
    RecoverableFsDataOutputStream killed =
        file.getFileSystem().createRecoverableWriter().open(file);
    killed.write(new byte[6 << 20]);
    killed.persist();
    assertThat(server.unfinished()).isEqualTo(1);
    assertThat(stored()).isEmpty();
    assertThat(file.getFileSystem().exists(file)).isFalse();
  }

  private int pull() {
    return snapshots("pull", "--to", directory.resolve("pulled").toString());
  }

  /** What was said, once. */
  private String sentence() {
    String said = err.toString().strip();
    err.getBuffer().setLength(0);
    assertThat(said).doesNotContain("\tat ");
    return said;
  }

  /** The store's versions. */
  private List<String> stored() {
    return server.objects().keySet().stream()
        .filter(key -> key.startsWith("snapshots/mail-"))
        .toList();
  }

  private String versionServed() throws Exception {
    PipedWriter written = new PipedWriter();
    BufferedReader lines = new BufferedReader(new PipedReader(written));
    RunningCommand serve =
        RunningCommand.start(
            out, written, words("serve", "--model", model(), "--port", "0", "--topic", topic));
    String listening = lines.readLine();
    assertThat(lines.readLine()).isEqualTo("ready");
    URI server = URI.create(listening.substring(13, listening.indexOf(',')));
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.resolve("/v1/adapters/mail/classify"))
                    .POST(BodyPublishers.ofString("{\"inputs\": \"a b\"}"))
                    .build(),
                BodyHandlers.ofString());
    assertThat(serve.stop()).isZero();
    return answer.headers().firstValue("X-Reslora-Version").orElse(answer.body());
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in the store: %s", stored()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private int snapshots(String command, String... options) {
    List<String> words = new ArrayList<>(List.of("snapshots", command, "--topic", topic));
    words.addAll(List.of(options));
    return command(words(words.toArray(String[]::new)));
  }

  private String[] words(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--bootstrap-servers", broker.bootstrapServers()));
    return all.toArray(String[]::new);
  }

  private int command(String... words) {
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  private static String model() {
    return TestModels.tiny().toString();
  }
}
