package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicCreator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarOutputStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(BrokerExtension.class)
@SuppressWarnings("try") // closing a cluster may be interrupted
class RunITCase {

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void namesTheTopicsThatAreMissing(LocalBroker broker) {
    assertThat(run(broker, "missing")).isEqualTo(1);
    assertThat(err.toString())
        .contains("missing-examples, missing-metrics, missing-rejected, missing-snapshots")
        .contains("--create-topics")
        .doesNotContain("\tat ");
  }

  @Test
  void namesAModelDirectoryThatIsMissing(LocalBroker broker) {
    assertThat(run(broker, "modelless", "--create-topics")).isEqualTo(1);
    assertThat(err.toString())
        .contains("reslora.model.directory: expected a Hugging Face directory");
  }

  @Test
  void namesAnAdapterToStartFromThatIsMissing(LocalBroker broker) {
    assertThat(
            run(
                broker,
                "startless",
                "--create-topics",
                "--set",
                "reslora.model.directory=" + directory,
                "--set",
                "reslora.adapter.start-from=" + directory.resolve("no-adapter")))
        .isEqualTo(1);
    assertThat(err.toString())
        .contains(
            "reslora.adapter.start-from: expected a LoRA directory of peft's, found none at ");
  }

  @Test
  void namesAStateToGoOnFromThatIsMissing(LocalBroker broker) {
    assertThat(runWithModel(broker, "stateless", "--from", "/nowhere")).isEqualTo(1);
    assertThat(err.toString())
        .contains("--from: expected a checkpoint or savepoint, found no _metadata in /nowhere")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint.directory", "snapshot.store"})
  void namesADirectoryThatNoFileSystemIsThereFor(String option, LocalBroker broker) {
    String setting = "reslora.%s=s3://bucket/state".formatted(option);
    assertThat(runWithModel(broker, "schemeless", "--fresh", "--set", setting)).isEqualTo(1);
    assertThat(err.toString())
        .contains("reslora.%s: s3://bucket/state takes flink-s3-fs-hadoop".formatted(option))
        .doesNotContain("\tat ");
  }

  @Test
  void namesAPortThatIsTaken(LocalBroker broker) throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(runWithModel(broker, "portless", "--web-port", port)).isEqualTo(1);
      assertThat(err.toString())
          .contains("--web-port: something else listens on port " + port)
          .doesNotContain("\tat ");
    }
  }

  @Test
  void namesATargetThatNothingListensAt(LocalBroker broker) throws Exception {
    String jar = emptyJar().toString();
    assertThat(runWithModel(broker, "targetless", "--jar", jar, "--target", "127.0.0.1:1"))
        .isEqualTo(1);
    assertThat(err.toString())
        .contains("--target: ")
        .contains("nothing that listens at 127.0.0.1:1")
        .doesNotContain("\tat ");
  }

  private int runWithModel(LocalBroker broker, String name, String... more) {
    List<String> args = new ArrayList<>(List.of("--create-topics"));
    set(args, "reslora.model.directory", directory.toString());
    args.addAll(List.of(more));
    return run(broker, name, args.toArray(String[]::new));
  }

  /** Flink's web interface asks nobody who he is, and a jar that it takes runs. */
  @Test
  void showsTheJobToThisMachineAloneAndTakesNoJars(LocalBroker broker) throws Exception {
    int port = LocalBroker.freePort();
    List<String> words = words(broker, "local");
    words.add("--create-topics");
    words.addAll(List.of("--web-port", Integer.toString(port)));
    set(words, "reslora.model.directory", TestModels.tiny().toString());
    RunningCommand running =
        RunningCommand.start(Writer.nullWriter(), err, words.toArray(String[]::new));
    try {
      String config = awaitConfig(running, port);
      assertThat(config).contains("\"web-submit\":false");
      for (InetAddress other : otherAddresses()) {
        assertThatThrownBy(() -> new Socket(other, port).close())
            .as(other.toString())
            .isInstanceOf(ConnectException.class);
      }
    } finally {
      running.stop();
    }
  }

  private String awaitConfig(RunningCommand running, int port) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/config")).build();
    while (true) {
      assertThat(running.exit().isDone()).as(err.toString()).isFalse();
      try {
        HttpResponse<String> answer =
            HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        if (answer.statusCode() == 200) { // else it still elects itself
          return answer.body();
        }
      } catch (ConnectException e) {
        // Not up yet.
      }
    }
  }

  private static List<InetAddress> otherAddresses() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
        .toList();
  }

  @Test
  void submitsToASessionCluster(LocalBroker broker) throws Exception {
    Configuration flink = new Configuration();
    flink.set(RestOptions.BIND_PORT, "0");
    try (MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(flink)
                .setNumTaskManagers(1)
                .build())) {
      cluster.start();
      URI rest = cluster.getRestAddress().get();

      int exit =
          run(
              broker,
              "submitted",
              "--create-topics",
              "--target",
              rest.getHost() + ":" + rest.getPort(),
              "--jar",
              emptyJar().toString());

      assertThat(exit).as(err.toString()).isZero();
      assertThat(cluster.listJobs().get())
          .singleElement()
          .satisfies(
              job -> {
                assertThat(job.getJobName()).isEqualTo("submitted");
                assertThat(out.toString()).contains("submitted as " + job.getJobId());
                cluster.cancelJob(job.getJobId()).join();
              });
    }
    try (TopicCreator topics = TopicCreator.connect(broker.bootstrapServers(), Map.of())) {
      assertThat(topics.missing(Set.of("submitted-snapshots", "submitted-rejected"))).isEmpty();
    }
  }

  private Path emptyJar() throws IOException {
    Path jar = directory.resolve("job.jar");
    new JarOutputStream(Files.newOutputStream(jar)).close();
    return jar;
  }

  private int run(LocalBroker broker, String name, String... more) {
    List<String> all = words(broker, name);
    all.addAll(List.of(more));
    return ResLora.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private List<String> words(LocalBroker broker, String name) {
    List<String> all = new ArrayList<>(List.of("run"));
    for (String topic : List.of("examples", "snapshots", "metrics", "rejected")) {
      set(all, "reslora.kafka.topic." + topic, name + "-" + topic);
    }
    set(all, "reslora.job.name", name);
    set(all, "reslora.kafka.bootstrap-servers", broker.bootstrapServers());
    set(all, "reslora.model.directory", directory.resolve("no-model").toString());
    set(all, "reslora.checkpoint.directory", directory.resolve("checkpoints").toString());
    return all;
  }

  private static void set(List<String> args, String key, String value) {
    args.add("--set");
    args.add(key + "=" + value);
  }
}
