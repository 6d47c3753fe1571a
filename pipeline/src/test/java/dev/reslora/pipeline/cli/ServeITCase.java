package dev.reslora.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The command against a real broker. */
@ExtendWith(BrokerExtension.class)
class ServeITCase {

  private final String topic = BrokerExtension.topic("snapshots");
  private final HttpClient client = HttpClient.newHttpClient();
  private final StringWriter out = new StringWriter();

  /** A server that was started; interrupting its thread is Ctrl-C. */
  private record Running(Thread thread, CompletableFuture<Integer> exit, URI uri) {

    int stop() throws Exception {
      thread.interrupt();
      return exit.get(60, TimeUnit.SECONDS);
    }
  }

  private Running serve(LocalBroker broker) throws IOException {
    PipedWriter err = new PipedWriter();
    BufferedReader lines = new BufferedReader(new PipedReader(err));
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    String[] words = {
      "serve",
      "--port",
      "0",
      "--topic",
      topic,
      "--bootstrap-servers",
      broker.bootstrapServers(),
      "--model",
      TestModels.tiny().toString()
    };
    Thread thread =
        new Thread(
            () ->
                exit.complete(
                    ResLora.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(words)));
    thread.start();
    String listening = lines.readLine();
    assertThat(listening).startsWith("listening on http://").endsWith(", reading " + topic);
    assertThat(lines.readLine()).isEqualTo("ready");
    return new Running(thread, exit, URI.create(listening.substring(13, listening.indexOf(','))));
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
