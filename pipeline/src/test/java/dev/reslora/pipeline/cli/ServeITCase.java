package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.TestVersions;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The command against a real broker. */
@ExtendWith(BrokerExtension.class)
class ServeITCase {

  private final String topic = BrokerExtension.topic("snapshots");
  private final String metrics = BrokerExtension.topic("metrics");
  private final String rejected = BrokerExtension.topic("rejected");
  private final HttpClient client = HttpClient.newHttpClient();
  private final StringWriter out = new StringWriter();

  /** A server that was started. */
  private record Running(RunningCommand command, URI uri) {

    int stop() throws Exception {
      return command.stop();
    }
  }

  private Running serve(LocalBroker broker) throws IOException {
    PipedWriter err = new PipedWriter();
    BufferedReader lines = new BufferedReader(new PipedReader(err));
    RunningCommand command =
        RunningCommand.start(
            out,
            err,
            "serve",
            "--port",
            "0",
            "--topic",
            topic,
            "--bootstrap-servers",
            broker.bootstrapServers(),
            "--model",
            TestModels.tiny().toString(),
            "--live-page",
            "--metrics",
            metrics,
            "--rejected",
            rejected);
    String listening = lines.readLine();
    assertThat(listening).startsWith("listening on http://").endsWith(", reading " + topic);
    assertThat(lines.readLine()).isEqualTo("ready");
    return new Running(command, URI.create(listening.substring(13, listening.indexOf(','))));
  }

  private HttpResponse<String> classify(Running server) throws Exception {
    return client.send(
        HttpRequest.newBuilder(server.uri.resolve("/v1/adapters/mail/classify"))
            .POST(BodyPublishers.ofString("{\"inputs\": \"a b\"}"))
            .build(),
        BodyHandlers.ofString());
  }

  /** Asks until this version answers. */
  private void awaitVersion(Running server, String version) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    HttpResponse<String> response = classify(server);
    while (!response.headers().firstValue("X-Reslora-Version").equals(Optional.of(version))) {
      assertThat(System.nanoTime()).as(response.body()).isLessThan(deadline);
      response = classify(server);
    }
    assertThat(response.body()).contains("\"label\":\"mail-v" + version + "\"");
  }

  @Test
  void followsTheTopicAndStartsAgainFromNothing(LocalBroker broker) throws Exception {
    TestVersions mail;
    try (ServedModel model = ServedModel.open(TestModels.tiny(), "cpu")) {
      mail = new TestVersions("mail", model.baseModelDigest());
    }
    try (ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.send(mail.next());
      Running first = serve(broker);
      awaitVersion(first, "1");
      writer.send(mail.next());
      awaitVersion(first, "2");
      assertThat(first.stop()).isZero();
    }
    Running second = serve(broker);
    assertThat(classify(second).body()).contains("mail-v2");
    assertThat(second.stop()).isZero();
  }

  @Test
  void showsTheLivePage(LocalBroker broker) throws Exception {
    broker.createTopics(List.of(new TopicPlan(metrics, 1), new TopicPlan(rejected, 1)));
    try (ServedModel model = ServedModel.open(TestModels.tiny(), "cpu");
        ServingTopicWriter writer = new ServingTopicWriter(broker, topic)) {
      writer.send(new TestVersions("mail", model.baseModelDigest()).next());
    }
    Running server = serve(broker);
    HttpResponse<String> bare = get(server, "/live");
    assertThat(bare.statusCode()).isEqualTo(302);
    assertThat(bare.headers().firstValue("Location").orElseThrow()).endsWith("/live/");
    assertThat(get(server, "/live/").body())
        .contains("\"title\":\"ResLoRA on " + broker.bootstrapServers());
    try (Stream<String> events =
        client.send(request(server, "/live/events"), BodyHandlers.ofLines()).body()) {
      assertThat(events.anyMatch(line -> line.contains("\"adapter\":\"mail\",\"version\":1")))
          .isTrue();
    }
    assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
    assertThat(server.stop()).isZero();
  }

  private HttpResponse<String> get(Running server, String path) throws Exception {
    return client.send(request(server, path), BodyHandlers.ofString());
  }

  private static HttpRequest request(Running server, String path) {
    return HttpRequest.newBuilder(server.uri.resolve(path)).build();
  }

  @Test
  void saysWhatItCannotReach() {
    StringWriter err = new StringWriter();
    int exit =
        ResLora.commandLine()
            .setErr(new PrintWriter(err, true))
            .execute(
                "serve",
                "--port",
                "0",
                "--bootstrap-servers",
                "127.0.0.1:1",
                "--model",
                TestModels.tiny().toString());
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString()).contains("no Kafka broker answered at 127.0.0.1:1 within 10 s");
  }
}
