package dev.reslora.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.AdapterEventKind;
import dev.reslora.schema.avro.Criterion;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.schema.avro.StepReport;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The live page over a real broker, and in a real browser where there is one. */
@ExtendWith(BrokerExtension.class)
class LivePageITCase {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STEPS = 400;
  private static final String HOSTILE = "</script><script>document.title='taken'</script>";

  private static final List<AdapterEvent> EVENTS =
      List.of(
          LiveSamples.event(
              "mail", 210, AdapterEventKind.DRIFT, "adwin", "error rose from 0.21 to 0.44"),
          LiveSamples.event(
              "mail",
              250,
              AdapterEventKind.CANDIDATE_HELD,
              "steps",
              "accuracy on held-out examples",
              new Criterion("holdout", -0.031, -0.02, false),
              new Criterion("baseline", Double.NaN, 0.0, true)),
          LiveSamples.event(
              "mail",
              300,
              AdapterEventKind.CANDIDATE_PROMOTED,
              "steps",
              "every criterion is met",
              new Criterion("holdout", 0.012, -0.02, true)));

  private final HttpClient http = HttpClient.newHttpClient();
  private final long start = System.currentTimeMillis();
  @TempDir Path directory;
  private LiveTopics topics;
  private LivePageServer page;

  @BeforeEach
  void start(LocalBroker broker) throws Exception {
    topics =
        new LiveTopics(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            WireConfig.SINGLE_OBJECT,
            BrokerExtension.topic("metrics"),
            BrokerExtension.topic("snapshots"),
            BrokerExtension.topic("rejected"));
    broker.createTopics(
        Stream.of(topics.metrics(), topics.snapshots(), topics.rejected())
            .map(name -> new TopicPlan(name, 1))
            .toList());
    page =
        LivePageServer.start(
            "A job", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), topics);
  }

  @AfterEach
  void stop() {
    page.close();
  }

  @Test
  void sendsWhatTheTopicsHoldAndThenEveryChange() throws Exception {
    write(1, STEPS);
    try (Stream<JsonNode> views = views("events?adapter=mail")) {
      boolean[] asked = {false};
      JsonNode last =
          views
              .peek(
                  view -> {
                    if (complete(view) && !asked[0]) {
                      asked[0] = true;
                      step("news", 1);
                    }
                  })
              .filter(view -> view.path("adapters").size() == 2)
              .findFirst()
              .orElseThrow();
      assertThat(last.path("adapter").asText()).isEqualTo("mail");
      assertThat(last.path("curve")).hasSize(STEPS * 16 / 64);
      assertThat(last.path("versions")).hasSize(4);
      assertThat(last.path("events")).hasSize(EVENTS.size());
      assertThat(last.at("/events/1/criteria").toString())
          .isEqualTo(
              "[{\"name\":\"holdout\",\"value\":-0.031,\"limit\":-0.02,\"met\":false},"
                  + "{\"name\":\"baseline\",\"value\":null,\"limit\":0.0,\"met\":true}]");
      assertThat(last.path("rejected").asInt()).isEqualTo(3);
      assertThat(last.path("reasons").toString())
          .isEqualTo(
              "[{\"stage\":\"decode\",\"reason\":\"EMPTY_TEXT\",\"count\":1},"
                  + "{\"stage\":\"decode\",\"reason\":\"MALFORMED\",\"count\":2}]");
      assertThat(last.path("fault").isNull()).isTrue();
    }
  }

  @Test
  void showsInABrowserAndRunsNothingThatATopicHolds() throws Exception {
    Path browser = browser();
    write(1, STEPS);
    awaitComplete();
    String document = chromium(browser, "--dump-dom");
    assertThat(document)
        .contains("<title>A job</title>")
        .contains("class=\"curve adapted\"")
        .contains("class=\"curve frozen\"")
        .contains("class=\"drift\"")
        .contains("✗ holdout -0.0310 (limit -0.0200)")
        .contains(">v4</td>")
        .contains("&lt;/script&gt;&lt;script&gt;");
    Path shots = Files.createDirectories(Path.of("target", "live-page"));
    List<Path> pictures =
        List.of(
            shot(browser, shots.resolve("light.png"), "1280,1270"),
            shot(
                browser,
                shots.resolve("dark.png"),
                "1280,1270",
                "--blink-settings=preferredColorScheme=0"),
            shot(browser, shots.resolve("narrow.png"), "500,2100"));
    assertThat(pictures).allSatisfy(picture -> assertThat(picture).isNotEmptyFile());
    assertThat(Files.mismatch(pictures.get(0), pictures.get(1))).isNotEqualTo(-1);
  }

  private static Path browser() {
    Optional<Path> found =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .flatMap(place -> Stream.of("chromium", "google-chrome").map(Path.of(place)::resolve))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(found.isPresent(), "no Chromium on PATH");
    return found.get();
  }

  private Path shot(Path browser, Path file, String size, String... more) throws Exception {
    List<String> words =
        new ArrayList<>(List.of("--screenshot=" + file.toAbsolutePath(), "--window-size=" + size));
    words.addAll(List.of(more));
    chromium(browser, words.toArray(String[]::new));
    return file;
  }

  private String chromium(Path browser, String... words) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                browser.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--user-data-dir=" + directory.resolve("browser")));
    command.addAll(List.of(words));
    command.add(page.address().toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String text = String.join("\n", out.lines().toList());
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      return text;
    } finally {
      process.destroyForcibly();
    }
  }

  private void awaitComplete() throws Exception {
    try (Stream<JsonNode> views = views("events")) {
      assertThat(views.anyMatch(LivePageITCase::complete)).isTrue();
    }
  }

  private Stream<JsonNode> views(String path) throws Exception {
    HttpResponse<Stream<String>> events = http.send(request(path), BodyHandlers.ofLines());
    assertThat(events.headers().firstValue("Content-Type"))
        .contains("text/event-stream; charset=UTF-8");
    return events
        .body()
        .filter(line -> line.startsWith("data:"))
        .map(line -> read(line.substring("data:".length())));
  }

  private static boolean complete(JsonNode view) {
    return view.at("/adapters/0/step").asInt() == STEPS
        && view.path("versions").size() == 4
        && view.path("events").size() == EVENTS.size()
        && view.path("rejected").asInt() == 3;
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(page.address().resolve(path)).build();
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(int from, int to) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      AvroEncoder<StepReport> steps = AvroEncoder.singleObject(StepReport.class);
      for (int n = from; n <= to; n++) {
        send(producer, topics.metrics(), n, steps.encode(LiveSamples.step("mail", n, STEPS)));
      }
      AvroEncoder<AdapterEvent> events = AvroEncoder.singleObject(AdapterEvent.class);
      for (AdapterEvent event : EVENTS) {
        int step = Math.toIntExact(event.getStep());
        send(producer, topics.metrics(), step, events.encode(event));
        send(producer, topics.metrics(), step, events.encode(event));
      }
      AvroEncoder<SnapshotManifest> manifests = AvroEncoder.singleObject(SnapshotManifest.class);
      for (int version = 1; version <= 4; version++) {
        send(
            producer,
            topics.snapshots(),
            100 * version,
            manifests.encode(LiveSamples.version("mail", version, 100L * version)));
      }
      AvroEncoder<RejectedRecord> rejected = AvroEncoder.singleObject(RejectedRecord.class);
      List<RejectedRecord> refusals =
          List.of(
              LiveSamples.rejection(17, RejectionReason.MALFORMED, "expected Avro, found 3 bytes"),
              LiveSamples.rejection(19, RejectionReason.EMPTY_TEXT, "text: expected some"),
              LiveSamples.rejection(23, RejectionReason.MALFORMED, "found " + HOSTILE));
      refusals.forEach(
          refusal -> send(producer, topics.rejected(), STEPS, rejected.encode(refusal)));
    }
  }

  private void step(String adapter, int n) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      send(
          producer,
          topics.metrics(),
          STEPS,
          AvroEncoder.singleObject(StepReport.class).encode(LiveSamples.step(adapter, n, STEPS)));
    }
  }

  /** Steps are a second apart, the last one now. */
  @SuppressWarnings("FutureReturnValueIgnored") // closing the producer waits for all of them
  private void send(KafkaProducer<byte[], byte[]> producer, String topic, int step, byte[] value) {
    long at = start + 1000L * (step - STEPS);
    producer.send(new ProducerRecord<>(topic, null, at, null, value));
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        topics.client(), new ByteArraySerializer(), new ByteArraySerializer());
  }
}
