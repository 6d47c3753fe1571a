package dev.reslora.pipeline.serve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.model.TestModels;
import dev.reslora.pipeline.Monitoring;
import dev.reslora.pipeline.http.Patience;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.SnapshotAnnouncement;
import dev.reslora.serving.DynamicBatcher;
import dev.reslora.serving.ServedModel;
import dev.reslora.serving.TestVersions;
import dev.reslora.snapshot.AnnouncementWriter;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.Transit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server over a real socket, fed with a topic's records. */
class AdapterServerTest {

  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration FOREVER = Duration.ofHours(1);
  private static final String TEXT = "{\"inputs\": \"a b\"}";

  private final HttpClient client = HttpClient.newHttpClient();
  private final ServedModel model;
  private AdapterServer server;
  private SnapshotAssembler topic;
  private TestVersions mail;

  AdapterServerTest() throws IOException {
    model = ServedModel.open(TestModels.tiny(), "cpu");
    start(config(new DynamicBatcher.Limits(64, 256, SHORT, 2)));
    mail = new TestVersions("mail", model.baseModelDigest());
  }

  private static ServeConfig config(DynamicBatcher.Limits limits) {
    return new ServeConfig("127.0.0.1", 0, 2_000, 4, 2, limits, Patience.USUAL);
  }

  private void start(ServeConfig config) throws IOException {
    if (server != null) {
      server.close();
    }
    server = AdapterServer.start(config, model);
    topic = TestVersions.assembler(server.listener());
  }

  @AfterEach
  void close() {
    server.close();
    model.close();
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.address().getPort() + path));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(to(path).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        to(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new ObjectMapper().readTree(response.body());
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("none");
  }

  /** The problem's sentence, once status and form are as they must be. */
  private static String problem(HttpResponse<String> response, int status) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
    assertThat(json(response).path("status").asInt()).isEqualTo(status);
    return json(response).path("detail").asText();
  }

  @Test
  void classifiesTextsAndNamesTheVersion() throws Exception {
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, mail.next());
    HttpResponse<String> response =
        post("/v1/adapters/mail/classify", "{\"inputs\": [\"a b\", [\"c\", \"d e\"]]}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(header(response, "X-Reslora-Version")).isEqualTo("2");
    JsonNode body = json(response);
    assertThat(header(response, "X-Reslora-Digest"))
        .hasSize(64)
        .isEqualTo(body.path("digest").asText());
    assertThat(body.path("adapter").asText()).isEqualTo("mail");
    assertThat(body.path("results")).hasSize(2);
    JsonNode second = body.path("results").get(1);
    assertThat(second.path("label").asText()).isEqualTo("mail-v2");
    assertThat(second.path("probabilities").path("mail-v2").asDouble()).isEqualTo(1.0);
    assertThat(second.path("truncated").asBoolean()).isFalse();
  }

  @Test
  void answersWithAnOlderVersionThatIsAskedFor() throws Exception {
    for (int i = 0; i < 3; i++) {
      TestVersions.feed(topic, mail.next());
    }
    HttpResponse<String> older = post("/v1/adapters/mail/classify?version=2", TEXT);
    assertThat(header(older, "X-Reslora-Version")).isEqualTo("2");
    assertThat(problem(post("/v1/adapters/mail/classify?version=1", TEXT), 404))
        .isEqualTo("adapter mail has no version 1 here");
  }

  @Test
  void embedsAsTheModelPools() throws Exception {
    TestVersions.feed(topic, mail.next());
    JsonNode body =
        json(post("/v1/adapters/mail/embed", "{\"inputs\": [\"a b\", \"a b\", \"c\"]}"));
    assertThat(body.path("results")).hasSize(3);
    JsonNode first = body.path("results").get(0).path("embedding");
    assertThat(first).hasSize(16);
    assertThat(body.path("results").get(2).path("embedding")).isNotEqualTo(first);
    for (int i = 0; i < 16; i++) {
      assertThat(body.path("results").get(1).path("embedding").get(i).asDouble())
          .isCloseTo(first.get(i).asDouble(), within(1e-5));
    }
  }

  @Test
  void listsWhatIsServedAndIsReadyOnceThereIsSomething() throws Exception {
    assertThat(get("/healthz/live").statusCode()).isEqualTo(200);
    assertThat(problem(get("/healthz"), 503)).isEqualTo("the serving topic is still being read");
    server.caughtUp();
    assertThat(problem(get("/healthz"), 503)).isEqualTo("there is no version yet");
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, mail.next());
    assertThat(json(get("/healthz")).path("status").asText()).isEqualTo("ready");
    JsonNode listed = json(get("/v1/adapters")).path("adapters");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).path("id").asText()).isEqualTo("mail");
    assertThat(listed.get(0).path("versions").findValuesAsText("version"))
        .containsExactly("2", "1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | the body is not JSON",
        "[] | the body: expected a JSON object, found an array of 0",
        "{} | inputs: expected a text or an array of texts, found nothing",
        "{\"inputs\": []} | inputs: expected a text or an array of texts, found an array of 0",
        "{\"inputs\": [\"a\", 7]} | inputs[1]: expected a text or an array of two, found 7",
        "{\"inputs\": [[\"a\"]]} | inputs[0]: expected a text or an array of two, found an array of 1",
        "{\"inputs\": [\"\", \"\", \"\", \"\", \"\"]} | inputs: expected at most 4 texts, found 5",
        "{\"inputs\": \"a\", \"top\": 3} | expected the field inputs alone, found top",
        "{\"inputs\": \"a\"} 3 | the body: Trailing token",
      })
  void saysWhatIsWrongWithARequest(String body, String detail) throws Exception {
    TestVersions.feed(topic, mail.next());
    assertThat(problem(post("/v1/adapters/mail/classify", body), 400)).startsWith(detail);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | prompt: expected a text, found nothing",
        "{\"prompt\": \"a\", \"top_p\": 2} | top-p: expected a number above 0 and up to 1",
        "{\"prompt\": \"a\", \"max_tokens\": \"9\"} | max_tokens: ",
        "{\"prompt\": \"a\", \"stop\": \"b\"} | stop: ",
        "{\"prompt\": \"a\"} | an encoder classifies, it completes nothing",
      })
  void saysWhatIsWrongWithACompletion(String body, String detail) throws Exception {
    TestVersions.feed(topic, mail.next());
    assertThat(problem(post("/v1/adapters/mail/complete", body), 400)).startsWith(detail);
    assertThat(get("/metrics").body()).contains("reslora_requests_in_flight 0.0");
  }

  @Test
  void completesWithALanguageModel() throws Exception {
    DynamicBatcher.Limits limits = new DynamicBatcher.Limits(4, 256, SHORT, 1);
    ServeConfig config = new ServeConfig("127.0.0.1", 0, 2_000, 4, 1, limits, Patience.USUAL);
    String body = "{\"prompt\": \"ab\", \"max_tokens\": 3, \"temperature\": 1, \"seed\": 7}";
    server.close();
    try (ServedModel llama = ServedModel.open(TestModels.tinyLlama(), "cpu")) {
      server = AdapterServer.start(config, llama);
      TestVersions.feed(
          TestVersions.assembler(server.listener()),
          TestVersions.completing("story", llama.baseModelDigest()).next());
      HttpResponse<String> response = post("/v1/adapters/story/complete", body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(header(response, "X-Reslora-Version")).isEqualTo("1");
      assertThat(json(response).path("tokens").asInt()).isBetween(0, 3);
      assertThat(json(response).path("end").asText()).isIn("stop", "length");
      assertThat(post("/v1/adapters/story/complete", body).body()).isEqualTo(response.body());
      streams(body.replace("{", "{\"stream\": true, "), response);
      leaves();
      assertThat(problem(post("/v1/adapters/story/classify", TEXT), 400))
          .isEqualTo("a language model completes, it classifies nothing");
      server.close();
    }
  }

  /** Pieces that make the text, then the answer as it comes whole. */
  private void streams(String body, HttpResponse<String> whole) throws Exception {
    HttpResponse<String> response = post("/v1/adapters/story/complete", body);
    assertThat(header(response, "Content-Type")).isEqualTo("text/event-stream");
    assertThat(header(response, "X-Reslora-Version")).isEqualTo("1");
    String text = "";
    String end = "";
    for (String event : response.body().stripTrailing().split("\n\n", -1)) {
      String data = event.substring(event.indexOf("\ndata: ") + 7);
      if (event.startsWith("event: text\n")) {
        text += new ObjectMapper().readTree(data).path("text").asText();
      } else {
        assertThat(event).startsWith("event: end\n");
        end += data;
      }
    }
    assertThat(end).isEqualTo(whole.body());
    assertThat(text).isEqualTo(json(whole).path("text").asText());
    assertThat(
            problem(
                post(
                    "/v1/adapters/story/complete",
                    "{\"prompt\": \"" + "z".repeat(64) + "\", \"stream\": true}"),
                400))
        .startsWith("prompt: expected 1 to 63 tokens");
  }

  /** A client that does not wait for its answer leaves no request behind. */
  private void leaves() throws Exception {
    String body = "{\"prompt\": \"a\", \"max_tokens\": 60, \"temperature\": 1, \"stream\": true}";
    for (int i = 0; i < 8; i++) {
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        String head =
            "POST /v1/adapters/story/complete HTTP/1.1\r\nHost: a\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        socket.setSoLinger(true, 0);
      }
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!get("/metrics").body().contains("reslora_requests_in_flight 0.0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void saysWhatIsNotThere() throws Exception {
    assertThat(problem(post("/v1/adapters/none/classify", TEXT), 404))
        .isEqualTo("adapter none has no version here");
    assertThat(problem(get("/v1/adapters/mail/classify"), 405))
        .isEqualTo("GET is not for /v1/adapters/mail/classify");
    assertThat(problem(get("/v2"), 404)).isEqualTo("there is nothing at /v2");
    assertThat(problem(post("/v1/adapters/mail/classify?version=two", TEXT), 400))
        .isEqualTo("version: expected a number, found 'two'");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusesABodyThatIsTooLong(boolean chunked) throws Exception {
    String body = "{\"inputs\": \"" + "a ".repeat(2_000) + "\"}";
    HttpRequest.BodyPublisher known = BodyPublishers.ofString(body);
    HttpRequest request =
        to("/v1/adapters/mail/classify")
            .POST(chunked ? BodyPublishers.fromPublisher(known) : known)
            .build();
    assertThat(problem(client.send(request, BodyHandlers.ofString()), 413))
        .isEqualTo("the body: expected at most 2000 bytes");
  }

  @Test
  void refusesRequestsThatAreTooManyAndAnswersThoseItLetIn() throws Exception {
    start(config(new DynamicBatcher.Limits(1, 1_000, FOREVER, 1)));
    TestVersions.feed(topic, mail.next());
    HttpRequest request =
        to("/v1/adapters/mail/classify").POST(BodyPublishers.ofString(TEXT)).build();
    CompletableFuture<HttpResponse<String>> one =
        client.sendAsync(request, BodyHandlers.ofString());
    CompletableFuture<HttpResponse<String>> two =
        client.sendAsync(request, BodyHandlers.ofString());
    CompletableFuture<Object> refused = CompletableFuture.anyOf(one, two);
    refused.get(60, TimeUnit.SECONDS);
    HttpResponse<String> first = (one.isDone() ? one : two).get();
    assertThat(problem(first, 429)).isEqualTo("there are 1 requests already");
    assertThat(header(first, "Retry-After")).isEqualTo("1");
    assertThat(get("/metrics").body()).contains("reslora_requests_in_flight 1.0");
    server.close();
    assertThat(
            (one.isDone() && one.get() == first ? two : one).get(60, TimeUnit.SECONDS).statusCode())
        .isEqualTo(200);
  }

  /** A body that no buffer holds has a reader, so the request is in. */
  @Test
  void answersARequestWhoseBodyIsOnTheWayWhenItEnds() throws Exception {
    int length = 24 << 20;
    DynamicBatcher.Limits limits = new DynamicBatcher.Limits(4, 256, SHORT, 1);
    start(new ServeConfig("127.0.0.1", 0, length, 4, 2, limits, Patience.USUAL));
    TestVersions.feed(topic, mail.next());
    byte[] body = TEXT.replace("}", " ".repeat(length - TEXT.length()) + "}").getBytes(US_ASCII);
    String head = "POST /v1/adapters/mail/classify HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.getOutputStream().write((head + length + "\r\n\r\n").getBytes(US_ASCII));
      socket.getOutputStream().write(body, 0, length - 1);
      CompletableFuture<Void> ended = CompletableFuture.runAsync(server::close);
      awaitStatus("/v1/adapters", 503);
      socket.getOutputStream().write(body, length - 1, 1);
      byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
      assertThat(new String(status, US_ASCII)).isEqualTo("HTTP/1.1 200");
      ended.get(60, TimeUnit.SECONDS);
    }
  }

  private void awaitStatus(String path, int status) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (get(path).statusCode() != status) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void cutsARequestWhoseBodyDoesNotCome() throws Exception {
    DynamicBatcher.Limits limits = new DynamicBatcher.Limits(4, 256, SHORT, 1);
    Patience hasty = new Patience(Duration.ofMillis(200));
    start(new ServeConfig("127.0.0.1", 0, 2_000, 4, 2, limits, hasty));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      String head =
          "POST /v1/adapters/mail/classify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
      socket.getOutputStream().write((head + "{").getBytes(StandardCharsets.UTF_8));
      socket.setSoTimeout(60_000);
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void tellsPrometheusOfRequestsBatchesAndVersions() throws Exception {
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, new TestVersions("news", "b".repeat(64)).next());
    post("/v1/adapters/mail/classify", TEXT);
    post("/v1/adapters/none/embed", TEXT);
    String metrics = get("/metrics").body();
    assertThat(metrics)
        .contains("reslora_served_version{adapter=\"mail\"} 1.0")
        .contains("reslora_served_event_time_seconds{adapter=\"mail\"} 1.001")
        .contains("reslora_versions_served_total{adapter=\"mail\"} 1.0")
        .contains("reslora_versions_refused_total{reason=\"NOT_SERVABLE\"} 1.0")
        .contains("reslora_request_seconds_count{endpoint=\"classify\",status=\"200\"} 1")
        .contains("reslora_request_seconds_count{endpoint=\"embed\",status=\"404\"} 1")
        .contains("reslora_batch_tokens_sum 4.0")
        .contains(Monitoring.metrics("reslora_"));
  }

  @Test
  void tellsPrometheusOfTheCurrentVersionNotOfTheNewest() throws Exception {
    List<ServingRecord> first = mail.next();
    TestVersions.feed(topic, first);
    TestVersions.feed(topic, mail.next());
    ServingRecord manifest = first.get(first.size() - 1);
    SnapshotAnnouncement announcement =
        new SnapshotAnnouncement(
            "mail",
            manifest.version(),
            manifest.attributes().getOrDefault("ce_id", ""),
            true,
            Instant.EPOCH,
            "a test");
    TestVersions.feed(
        topic,
        List.of(
            new AnnouncementWriter(WireConfig.SINGLE_OBJECT, "model-snapshots")
                .write(announcement)));
    assertThat(get("/metrics").body()).contains("reslora_served_version{adapter=\"mail\"} 1.0");
    TestVersions.feed(topic, mail.next());
    assertThat(get("/metrics").body()).contains("reslora_served_version{adapter=\"mail\"} 1.0");
    topic.accept("mail#1".getBytes(US_ASCII), null);
    assertThat(get("/metrics").body()).contains("reslora_served_version{adapter=\"mail\"} 3.0");
    topic.accept("mail".getBytes(US_ASCII), null);
    assertThat(get("/metrics").body()).doesNotContain("reslora_served_version{");
  }

  @Test
  void timesTheWayOfVersionsThatComeAfterTheStart() throws Exception {
    TestVersions.feed(topic, mail.next());
    server.caughtUp();
    Instant now = Instant.now();
    Transit transit = new Transit(now.minusMillis(900), now.minusMillis(200), now);
    for (ServingRecord record : mail.next()) {
      topic.accept(record.key(), record.value(), transit);
    }
    assertThat(get("/metrics").body())
        .contains("reslora_version_stage_seconds_bucket{stage=\"publish\",le=\"0.5\"} 0")
        .contains("reslora_version_stage_seconds_bucket{stage=\"publish\",le=\"1.0\"} 1")
        .contains("reslora_version_stage_seconds_bucket{stage=\"deliver\",le=\"0.25\"} 1")
        .contains("reslora_version_stage_seconds_count{stage=\"load\"} 1")
        .contains("reslora_version_stage_seconds_count{stage=\"train\"} 1");
  }

  /** Faults of a topic, each on version 2 of two chunks and a manifest. */
  enum Fault {
    MISSING_CHUNK {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        List<ServingRecord> records = adapter.next(TWO_CHUNKS);
        return List.of(records.get(0), records.get(2));
      }
    },
    TRUNCATED_TOPIC {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        return adapter.next(TWO_CHUNKS).subList(1, 3);
      }

      @Override
      String reason() {
        return "MISSING_CHUNK";
      }
    },
    NO_CHUNKS {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        return adapter.next(TWO_CHUNKS).subList(2, 3);
      }
    },
    WRONG_DIGEST {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        List<ServingRecord> records = adapter.next();
        byte[] chunk = Objects.requireNonNull(records.get(0).value());
        chunk[chunk.length - 1] ^= 1;
        return records;
      }
    },
    INTERLEAVED {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        List<ServingRecord> second = adapter.next(TWO_CHUNKS);
        List<ServingRecord> third = adapter.next(TWO_CHUNKS);
        return List.of(second.get(0), third.get(1), second.get(1), second.get(2));
      }
    },
    TOO_LARGE {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        return adapter.next(5_000_000);
      }
    },
    FORK {
      @Override
      List<ServingRecord> plant(TestVersions adapter) {
        return adapter.rival().next(1);
      }
    };

    private static final int TWO_CHUNKS = 1_200_000;

    abstract List<ServingRecord> plant(TestVersions adapter);

    String reason() {
      return name();
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void servesNoFaultyVersionNamesItAndTakesTheNextWholeOne(Fault fault) throws Exception {
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, fault.plant(mail));
    HttpResponse<String> response = post("/v1/adapters/mail/classify", TEXT);
    assertThat(header(response, "X-Reslora-Version")).isEqualTo("1");
    JsonNode refused = json(get("/v1/adapters")).path("refused").path("mail");
    assertThat(refused.path("reason").asText()).isEqualTo(fault.reason());
    assertThat(refused.path("message").asText()).isNotEmpty();
    assertThat(get("/metrics").body())
        .contains("reslora_versions_refused_total{reason=\"" + fault.reason() + "\"} 1.0");
    TestVersions.feed(topic, mail.next());
    assertThat(post("/v1/adapters/mail/classify", TEXT).body()).doesNotContain("mail-v1");
    assertThat(json(get("/v1/adapters")).path("refused")).isEmpty();
  }

  @Test
  void answersTenThousandRequestsDuringAHundredSwaps() throws Exception {
    int clients = 8;
    AtomicInteger answered = new AtomicInteger();
    TestVersions news = new TestVersions("news", model.baseModelDigest());
    TestVersions.feed(topic, mail.next());
    TestVersions.feed(topic, news.next());
    ExecutorService pool = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int c = 0; c < clients; c++) {
        String adapter = c % 2 == 0 ? "mail" : "news";
        running.add(
            pool.submit(
                () -> {
                  long last = 0;
                  for (int i = 0; i < 10_000 / clients; i++) {
                    last = ask(adapter, last);
                    int count = answered.incrementAndGet();
                    if (count % 100 == 0) {
                      swap(count % 200 == 0 ? mail : news);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get(120, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(answered).hasValue(10_000);
    assertThat(get("/v1/adapters").body().split("\"version\":51", -1)).hasSize(3);
    assertThat(get("/metrics").body()).contains("reslora_requests_in_flight 0.0");
  }

  private synchronized void swap(TestVersions adapter) {
    TestVersions.feed(topic, adapter.next());
  }

  /** Asks for two texts; both must be answered by the version that the header names. */
  private long ask(String adapter, long last) throws Exception {
    HttpResponse<String> response =
        post("/v1/adapters/" + adapter + "/classify", "{\"inputs\": [\"a b\", \"c\"]}");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    long version = Long.parseLong(header(response, "X-Reslora-Version"));
    assertThat(version).as("a client never goes back").isGreaterThanOrEqualTo(last);
    String name = adapter + "-v" + version;
    assertThat(json(response).path("results").findValuesAsText("label"))
        .containsExactly(name, name);
    return version;
  }
}
