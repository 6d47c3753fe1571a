package dev.reslora.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.model.TestModels;
import dev.reslora.operator.CountedTraining;
import dev.reslora.operator.FuzzedRecords;
import dev.reslora.operator.JobMetric;
import dev.reslora.operator.TrainOperator;
import dev.reslora.operator.TrainPlan;
import dev.reslora.pipeline.local.BrokerExtension;
import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.pipeline.local.TopicReader;
import dev.reslora.schema.AvroDecoder;
import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterCommand;
import dev.reslora.schema.avro.AdapterControl;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.LabeledText;
import dev.reslora.schema.avro.LaterLabel;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.PlainText;
import dev.reslora.schema.avro.PromptCompletion;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.schema.avro.TrainingExample;
import dev.reslora.schema.avro.UnlabeledText;
import dev.reslora.snapshot.ChainVerifier;
import dev.reslora.snapshot.PublishedVersion;
import dev.reslora.snapshot.RefusedVersion;
import dev.reslora.snapshot.SnapshotAssembler;
import dev.reslora.snapshot.SnapshotListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The whole topology against a real broker: what goes in comes out, once, whatever breaks. */
@ExtendWith(BrokerExtension.class)
class ResLoraJobITCase {

  private static final int ADAPTERS = 5;

  /** Examples of a round, of each adapter; even, for a step takes two. */
  private static final int ROUND = 60;

  private static final int TEN_MEGABYTES = 10 << 20;

  private static final String PROMETHEUS =
      "org.apache.flink.metrics.prometheus.PrometheusReporterFactory";

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;
  private Path model = TestModels.tiny();
  private LocalBroker broker;
  private JobConfig.Topics topics;
  private int webPort;
  private int metricsPort;
  private Function<TrainPlan, TrainOperator> stage = CountedTraining::stage;

  @BeforeEach
  void createTopics(LocalBroker broker) throws IOException {
    this.broker = broker;
    topics = newTopics();
    webPort = freePort();
    metricsPort = freePort();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  @Test
  void losesNothingAndRepeatsNothingAcrossAFailureAndARestart() throws Exception {
    JobClient first = start("broken", null);
    sendRound(0);
    awaitReports(1);
    CountedTraining.failOnceAfter(ADAPTERS * ROUND / 2);
    sendRound(1);
    awaitReports(2);
    assertThat(CountedTraining.failed()).isTrue();
    stop(first);

    JobClient second =
        start("broken", CheckpointHistory.newest(checkpoints("broken")).orElseThrow());
    sendRound(2);
    awaitReports(3);
    stop(second);
    Map<String, List<String>> broken = versions();
    assertThat(steps().values()).allMatch(steps -> steps.equals(upTo(3 * ROUND / 2)));

    topics = newTopics();
    JobClient straight = start("straight", null);
    sendRound(0);
    sendRound(1);
    sendRound(2);
    awaitReports(3);
    stop(straight);
    assertThat(broken).hasSize(ADAPTERS).isEqualTo(versions());
  }

  @Test
  void trainsARealModelToTheSameBytesAcrossAStopInTheMiddle() throws Exception {
    trainsToTheSameBytesAcrossAStopInTheMiddle();
  }

  @Test
  void trainsALanguageModelToTheSameBytesAcrossAStopInTheMiddle() throws Exception {
    model = TestModels.tinyLlama();
    trainsToTheSameBytesAcrossAStopInTheMiddle();
  }

  private void trainsToTheSameBytesAcrossAStopInTheMiddle() throws Exception {
    trainTwoRoundsWithAStopInTheMiddle();
    Map<String, List<String>> stopped = versions();
    assertThat(steps().values()).allMatch(steps -> steps.equals(upTo(2 * ROUND / 2)));

    topics = newTopics();
    JobClient straight = start("trained", null);
    sendRound(0);
    sendRound(1);
    awaitReports(2);
    stop(straight);
    assertThat(stopped).hasSize(ADAPTERS).isEqualTo(versions());
  }

  private void trainTwoRoundsWithAStopInTheMiddle(String... more) throws Exception {
    stage = TrainOperator::new;
    JobClient first = start("stopped", null, more);
    sendRound(0);
    awaitReports(1);
    sendRound(1);
    stop(first);
    String checkpoint = CheckpointHistory.newest(checkpoints("stopped")).orElseThrow();
    JobClient second = start("stopped", checkpoint, more);
    awaitReports(2);
    stop(second);
  }

  /** To the same examples; what they learn differs in the last bits. */
  @Test
  void trainsAdaptersTogetherAndLosesNothingAcrossAStopInTheMiddle() throws Exception {
    trainTwoRoundsWithAStopInTheMiddle(
        "reslora.training.together=3", "reslora.adapter.live-bytes=64 mb");
    assertThat(steps()).hasSize(ADAPTERS);
    assertThat(steps().values()).allMatch(steps -> steps.equals(upTo(2 * ROUND / 2)));
    assertThat(versions()).hasSize(ADAPTERS).allSatisfy((id, all) -> assertThat(all).hasSize(6));
    assertThat(verified()).isEmpty();
  }

  @Test
  void joinsLaterLabelsToTheSameBytesAcrossAStopInTheMiddle() throws Exception {
    stage = TrainOperator::new;
    String[] labels = {"reslora.labels.time-out=20 s", "reslora.labels.corrections=50"};
    JobClient first = start("stopped", null, labels);
    sendApart(0);
    awaitSteps(ADAPTERS * 25);
    sendApart(1);
    stop(first);
    String checkpoint = CheckpointHistory.newest(checkpoints("stopped")).orElseThrow();
    JobClient second = start("stopped", checkpoint, labels);
    awaitSteps(ADAPTERS * 52);
    stop(second);
    Map<String, List<String>> stopped = versions();
    List<String> timedOut = timedOut();
    assertThat(verified()).isEmpty();

    topics = newTopics();
    JobClient straight = start("joined", null, labels);
    sendApart(0);
    sendApart(1);
    awaitSteps(ADAPTERS * 52);
    stop(straight);
    assertThat(stopped).hasSize(ADAPTERS).isEqualTo(versions());
    assertThat(timedOut()).hasSize(ADAPTERS * 9).doesNotHaveDuplicates().isEqualTo(timedOut);
    assertThat(verified()).isEmpty();
  }

  /** Texts, each's label five texts later; of every tenth text none. */
  private void sendApart(int round) {
    try (KafkaProducer<String, byte[]> producer = producer()) {
      for (int number = round * ROUND; number < (round + 1) * ROUND; number++) {
        for (int adapter = 0; adapter < ADAPTERS; adapter++) {
          String id = "adapter-" + adapter;
          String text = Integer.toString(number * 31 + adapter, Character.MAX_RADIX);
          send(producer, id, encoded(apart(id, number, number, new UnlabeledText(text))));
          int before = number - 5;
          if (before >= 0 && before % 10 != 9) {
            LaterLabel label = new LaterLabel("label " + before % 3, false);
            send(producer, id, encoded(apart(id, before, number, label)));
          }
        }
      }
    }
  }

  private static TrainingExample apart(String adapterId, int number, int second, Object payload) {
    return new TrainingExample(
        adapterId, "e" + number, Instant.ofEpochSecond(1_000_000 + second), payload, 1f, null);
  }

  private List<String> timedOut() throws Exception {
    return rejected().stream()
        .filter(record -> record.getReason() == RejectionReason.LABEL_TIMED_OUT)
        .map(record -> record.getAdapterId() + " " + record.getExampleId())
        .sorted()
        .toList();
  }

  @Test
  void deletesAnAdapterAndBeginsItAnewTheSameAcrossAStop() throws Exception {
    stage = TrainOperator::new;
    JobClient first = start("stopped", null);
    sendRound(0);
    awaitReports(1);
    sendDeletion("adapter-0");
    sendRound(1);
    stop(first);
    JobClient second =
        start("stopped", CheckpointHistory.newest(checkpoints("stopped")).orElseThrow());
    awaitReports(2);
    stop(second);
    Map<String, List<String>> stopped = versions();
    assertThat(verified()).isEmpty();
    List<Long> each = upTo(ROUND / 2);
    assertThat(steps().get("adapter-0"))
        .isEqualTo(Stream.of(each, each).flatMap(List::stream).toList());
    assertThat(steps().get("adapter-1")).isEqualTo(upTo(2 * ROUND / 2));

    topics = newTopics();
    JobClient straight = start("straight", null);
    sendRound(0);
    sendDeletion("adapter-0");
    sendRound(1);
    awaitReports(2);
    stop(straight);
    assertThat(stopped).hasSize(ADAPTERS).isEqualTo(versions());
    assertThat(verified()).isEmpty();
  }

  private void sendDeletion(String adapterId) {
    try (KafkaProducer<String, byte[]> producer = producer()) {
      send(producer, adapterId, encoded(command(adapterId, AdapterCommand.DELETE)));
    }
  }

  /** The first rule that the serving topic breaks. */
  private Optional<ChainVerifier.Violation> verified() throws Exception {
    ChainVerifier verifier =
        new ChainVerifier(WireConfig.SINGLE_OBJECT, SnapshotAssembler.DEFAULT_MAX_BYTES, false);
    for (ConsumerRecord<String, byte[]> record : read(topics.snapshots())) {
      String place = record.partition() + "@" + record.offset();
      verifier.accept(place, record.key().getBytes(UTF_8), record.value());
    }
    return verifier.finish();
  }

  @Test
  void putsEveryBadRecordOnTheDeadLetterTopicAndGoesOn() throws Exception {
    JobClient job =
        start(
            "bad",
            null,
            "reslora.limits.adapters=adapter-0;adapter-1;adapter-2;adapter-3;adapter-4",
            "reslora.model.text-too-long=reject");
    try (KafkaProducer<String, byte[]> producer = producer()) {
      for (int i = 0; i < 3; i++) {
        send(producer, null, new byte[] {1, 2, 3});
        send(producer, "adapter-0", encoded(example("adapter-0", 0, " ")));
        send(producer, "adapter-0", encoded(example("adapter-0", 0, "ab ".repeat(500))));
        send(producer, "adapter-0", encoded(example("adapter-0", 0, "a".repeat(20_000))));
        send(producer, "adapter-2", encoded(prompt("adapter-2")));
        send(producer, "stranger", encoded(example("stranger", 0, "abc")));
        send(producer, "adapter-1", encoded(command("adapter-1", AdapterCommand.UNKNOWN)));
      }
      send(producer, "adapter-3", encoded(example("adapter-3", 0, "a".repeat(TEN_MEGABYTES))));
    }
    sendRound(0);
    awaitReports(1);
    JobMonitor monitor =
        new JobMonitor(new InetSocketAddress("localhost", webPort), job.getJobID().toHexString());
    JobMonitor.Figures figures =
        await(
                monitor::figures,
                seen -> seen.filter(f -> f.examples() >= ADAPTERS * ROUND).isPresent())
            .orElseThrow();
    assertThat(figures.state()).isEqualTo("RUNNING");
    assertThat(figures.steps()).isEqualTo(ADAPTERS * ROUND / 2);
    assertThat(figures.checkpointAge()).isPresent();

    List<RejectedRecord> rejected = await(() -> rejected(), records -> records.size() >= 22);
    assertThat(scrape())
        .as("metrics of the code, then of dashboards and alerts")
        .containsKeys(
            Stream.of(JobMetric.values()).map(JobMetric::prometheusName).toArray(String[]::new))
        .containsKeys(Monitoring.metrics("flink_").toArray(String[]::new))
        .containsEntry(JobMetric.EXAMPLES.prometheusName(), (double) ADAPTERS * ROUND)
        .containsEntry(JobMetric.ADAPTER_EXAMPLES.prometheusName(), (double) ADAPTERS * ROUND)
        .containsEntry(JobMetric.REJECTED.prometheusName(), 22.0);
    stop(job);
    assertThat(rejected.stream().collect(groupingBy(RejectedRecord::getReason, counting())))
        .isEqualTo(
            Map.of(
                RejectionReason.MALFORMED,
                3L,
                RejectionReason.EMPTY_TEXT,
                3L,
                RejectionReason.TEXT_TOO_LONG,
                3L,
                RejectionReason.RECORD_TOO_LARGE,
                4L,
                RejectionReason.UNSUPPORTED_PAYLOAD,
                3L,
                RejectionReason.UNKNOWN_ADAPTER,
                3L,
                RejectionReason.UNKNOWN_COMMAND,
                3L));
    assertThat(rejected)
        .filteredOn(record -> record.getValueSize() > TEN_MEGABYTES)
        .singleElement()
        .satisfies(record -> assertThat(record.getValue().remaining()).isLessThan(TEN_MEGABYTES));
    assertThat(rejected)
        .allSatisfy(record -> assertThat(record.getTopic()).isEqualTo(topics.examples()))
        .extracting(record -> record.getPartition() + "@" + record.getOffset())
        .doesNotHaveDuplicates();
  }

  /** What Prometheus would read: the sum of each metric's series. */
  private Map<String, Double> scrape() throws Exception {
    String page =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + metricsPort + "/metrics"))
                    .build(),
                BodyHandlers.ofString())
            .body();
    return page.lines()
        .filter(line -> !line.startsWith("#"))
        .collect(
            Collectors.groupingBy(
                line -> line.split("[{ ]", 2)[0],
                Collectors.summingDouble(
                    line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))));
  }

  @Test
  void trainsOrRejectsEachOfTenThousandFuzzedRecords() throws Exception {
    stage = TrainOperator::new;
    JobClient job =
        start(
            "fuzzed",
            null,
            "reslora.training.batch-examples=1",
            "reslora.snapshot.every-steps=0",
            "reslora.adapter.live-bytes=100 mb");
    Map<String, byte[]> sent = sendFuzzed(10_000);
    await(() -> unaccounted(sent), Map::isEmpty);

    assertThat(trainedPlaces()).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    assertThat(rejectedPlaces())
        .hasSizeGreaterThan(5_000)
        .doesNotHaveDuplicates()
        .doesNotContainAnyElementsOf(trainedPlaces());
    sendRound(0);
    await(this::steps, steps -> steps.containsKey("adapter-0"));
    stop(job);
  }

  /** Returns what was sent, by partition@offset. */
  private Map<String, byte[]> sendFuzzed(int count) throws Exception {
    FuzzedRecords records = new FuzzedRecords(FuzzedRecords.seeds(WireConfig.SINGLE_OBJECT));
    Map<Future<RecordMetadata>, byte[]> sending = new LinkedHashMap<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        FuzzedRecords.Fuzzed fuzzed = records.next();
        sending.put(
            producer.send(new ProducerRecord<>(topics.examples(), fuzzed.key(), fuzzed.value())),
            fuzzed.value() == null ? new byte[0] : fuzzed.value());
      }
    }
    Map<String, byte[]> sent = new HashMap<>();
    for (Map.Entry<Future<RecordMetadata>, byte[]> each : sending.entrySet()) {
      RecordMetadata place = each.getKey().get();
      sent.put(place.partition() + "@" + place.offset(), each.getValue());
    }
    return sent;
  }

  /** What is neither trained, nor a dead letter, nor a command, which leaves no trace. */
  private Map<String, byte[]> unaccounted(Map<String, byte[]> sent) throws Exception {
    Map<String, byte[]> rest = new HashMap<>(sent);
    rest.keySet().removeAll(trainedPlaces());
    rest.keySet().removeAll(rejectedPlaces());
    AvroDecoder<AdapterControl> commands =
        WireConfig.SINGLE_OBJECT.decoder(List.of(AdapterControl.class));
    Iterator<byte[]> values = rest.values().iterator();
    while (values.hasNext()) {
      try {
        commands.decode(values.next());
        values.remove();
      } catch (RejectedException e) {
        // No command: it has to turn up.
      }
    }
    return rest;
  }

  /** Of steps of one example. */
  private List<String> trainedPlaces() throws Exception {
    List<String> places = new ArrayList<>();
    for (StepReport report : reports()) {
      OffsetRange range = report.getOffsets().get(0);
      places.add(range.getPartition() + "@" + range.getFrom());
    }
    return places;
  }

  private List<String> rejectedPlaces() throws Exception {
    return rejected().stream()
        .map(record -> record.getPartition() + "@" + record.getOffset())
        .toList();
  }

  private JobClient start(String name, @Nullable String from, String... more) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of(
                "reslora.job.name=" + name + "-" + topics.examples(),
                "reslora.job.parallelism=2",
                "reslora.kafka.bootstrap-servers=" + broker.bootstrapServers(),
                "reslora.kafka.group-id=" + topics.examples(),
                "reslora.kafka.topic.examples=" + topics.examples(),
                "reslora.kafka.topic.snapshots=" + topics.snapshots(),
                "reslora.kafka.topic.metrics=" + topics.metrics(),
                "reslora.kafka.topic.rejected=" + topics.rejected(),
                "reslora.limits.record-bytes=8 kb",
                "reslora.model.directory=" + model,
                "reslora.model.max-tokens=0",
                "reslora.adapter.live-bytes=1 kb",
                "reslora.training.batch-examples=2",
                "reslora.snapshot.every-steps=10",
                "reslora.checkpoint.directory=" + directory.resolve(name),
                "reslora.checkpoint.interval=200 ms",
                "flink.rest.port=" + webPort,
                "flink.metrics.reporter.prom.factory.class=" + PROMETHEUS,
                "flink.metrics.reporter.prom.port=" + metricsPort,
                "flink.metrics.fetcher.update-interval=200 ms",
                "flink.restart-strategy.exponential-delay.initial-backoff=50 ms"));
    words.addAll(List.of(more));
    JobConfig config = ConfigSource.load(null, words);
    Configuration flink = FlinkSettings.of(config);
    Optional.ofNullable(from)
        .ifPresent(path -> flink.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(flink);
    ResLoraTopology.build(environment, config, stage.apply(config.train()));
    return environment.executeAsync(config.name());
  }

  private static void stop(JobClient job) throws Exception {
    job.cancel().get(30, TimeUnit.SECONDS);
    job.getJobExecutionResult().handle((result, failure) -> true).get(30, TimeUnit.SECONDS);
  }

  private String checkpoints(String name) {
    return directory.resolve(name).toUri().toString();
  }

  private JobConfig.Topics newTopics() {
    JobConfig.Topics names =
        new JobConfig.Topics(
            BrokerExtension.topic("examples"),
            BrokerExtension.topic("snapshots"),
            BrokerExtension.topic("metrics"),
            BrokerExtension.topic("rejected"));
    Map<String, String> largeRecords = Map.of("max.message.bytes", "" + 2 * TEN_MEGABYTES);
    broker.createTopics(
        names.all().stream().map(name -> new TopicPlan(name, 4, largeRecords)).toList());
    return names;
  }

  /** Every adapter's examples in turn; the same in every run. */
  private void sendRound(int round) {
    try (KafkaProducer<String, byte[]> producer = producer()) {
      for (int i = 0; i < ROUND; i++) {
        for (int adapter = 0; adapter < ADAPTERS; adapter++) {
          int number = round * ROUND + i;
          String text = Integer.toString(number * 31 + adapter, Character.MAX_RADIX);
          String id = "adapter-" + adapter;
          send(producer, id, encoded(example(id, number, text)));
        }
      }
    }
  }

  private KafkaProducer<String, byte[]> producer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", broker.bootstrapServers(), "max.request.size", 2 * TEN_MEGABYTES),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // closing waits; what is missing will be missed
  private void send(KafkaProducer<String, byte[]> producer, @Nullable String key, byte[] value) {
    producer.send(new ProducerRecord<>(topics.examples(), key, value));
  }

  /** What the model learns from: a text with its label, or a text. */
  private TrainingExample example(String adapterId, int number, String text) {
    Object payload =
        model.equals(TestModels.tinyLlama())
            ? new PlainText(text + " goes on")
            : new LabeledText(text, "label " + number % 3);
    return new TrainingExample(
        adapterId, "e" + number, Instant.ofEpochSecond(1_000_000 + number), payload, 1f, null);
  }

  private static TrainingExample prompt(String adapterId) {
    return new TrainingExample(
        adapterId, "p", Instant.EPOCH, new PromptCompletion("what is it?", "this"), 1f, null);
  }

  private static AdapterControl command(String adapterId, AdapterCommand command) {
    return new AdapterControl(adapterId, "c", Instant.EPOCH, command, null, Map.of());
  }

  private static byte[] encoded(TrainingExample example) {
    return AvroEncoder.singleObject(TrainingExample.class).encode(example);
  }

  private static byte[] encoded(AdapterControl control) {
    return AvroEncoder.singleObject(AdapterControl.class).encode(control);
  }

  private void awaitReports(int rounds) throws Exception {
    awaitSteps(rounds * ADAPTERS * ROUND / 2);
  }

  private void awaitSteps(int expected) throws Exception {
    await(this::steps, steps -> steps.values().stream().mapToInt(List::size).sum() >= expected);
  }

  private interface Reading<T> {
    T read() throws Exception;
  }

  private static <T> T await(Reading<T> reading, Predicate<T> enough) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      T found = reading.read();
      if (enough.test(found)) {
        return found;
      }
      assertThat(System.nanoTime()).as("found only %s", found).isLessThan(deadline);
    }
  }

  /** Steps by adapter, in the order of the metrics topic. */
  private SortedMap<String, List<Long>> steps() throws Exception {
    SortedMap<String, List<Long>> steps = new TreeMap<>();
    for (StepReport report : reports()) {
      steps.computeIfAbsent(report.getAdapterId(), id -> new ArrayList<>()).add(report.getStep());
    }
    return steps;
  }

  /** Of the metrics topic, which has events besides. */
  private List<StepReport> reports() throws Exception {
    AvroDecoder<SpecificRecordBase> decoder =
        WireConfig.SINGLE_OBJECT.decoder(List.of(StepReport.class, AdapterEvent.class));
    List<StepReport> reports = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : read(topics.metrics())) {
      if (decoder.decode(record.value()) instanceof StepReport report) {
        reports.add(report);
      }
    }
    return reports;
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  /** What was published, by adapter; the assembler checks numbers, chain and bytes. */
  private Map<String, List<String>> versions() throws Exception {
    Map<String, List<String>> versions = new TreeMap<>();
    List<RefusedVersion> refused = new ArrayList<>();
    SnapshotAssembler assembler =
        new SnapshotAssembler(
            WireConfig.SINGLE_OBJECT,
            SnapshotAssembler.DEFAULT_MAX_BYTES,
            new SnapshotListener() {
              @Override
              public void published(PublishedVersion version) {
                versions
                    .computeIfAbsent(version.manifest().getAdapterId(), id -> new ArrayList<>())
                    .add(version.manifest().getStep() + " " + version.manifest().getFiles());
              }

              @Override
              public void refused(RefusedVersion version) {
                refused.add(version);
              }
            });
    int manifests = 0;
    for (ConsumerRecord<String, byte[]> record : read(topics.snapshots())) {
      assembler.accept(record.key().getBytes(UTF_8), record.value());
      manifests += record.value() != null && record.key().matches("[^#]+#[0-9]+") ? 1 : 0;
    }
    assertThat(refused).isEmpty();
    assertThat(versions.values().stream().mapToInt(List::size).sum())
        .as("a version that came twice was dropped")
        .isEqualTo(manifests);
    return Collections.unmodifiableMap(versions);
  }

  private List<RejectedRecord> rejected() throws Exception {
    List<RejectedRecord> rejected = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : read(topics.rejected())) {
      rejected.add(RejectedRecord.getDecoder().decode(ByteBuffer.wrap(record.value())));
    }
    return rejected;
  }

  private List<ConsumerRecord<String, byte[]>> read(String topic) {
    return TopicReader.readAll(broker.bootstrapServers(), topic);
  }
}
