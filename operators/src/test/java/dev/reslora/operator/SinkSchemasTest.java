package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reslora.schema.InMemoryRegistry;
import dev.reslora.schema.RejectedException;
import dev.reslora.schema.Samples;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.WireFormat;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.RejectionReason;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.text.TokenizedExample;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.serialization.SerializationSchema.InitializationContext;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema.KafkaSinkContext;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class SinkSchemasTest {

  @Test
  void deadLettersKeepTheKeyAndCarryConnectsHeaders() throws Exception {
    ProducerRecord<byte[], byte[]> written =
        write(new DeadLetterSchema("dead", WireConfig.SINGLE_OBJECT), Samples.rejected(), 7L);

    assertThat(written.topic()).isEqualTo("dead");
    assertThat(written.key()).isEqualTo("mail".getBytes(StandardCharsets.UTF_8));
    assertThat(read(RejectedRecord.class, WireConfig.SINGLE_OBJECT, written))
        .isEqualTo(Samples.rejected());
    assertThat(headers(written))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "__connect.errors.topic", "training-examples",
                "__connect.errors.partition", "3",
                "__connect.errors.offset", "41",
                "__connect.errors.stage", "decode",
                "__connect.errors.exception.class.name", RejectedException.class.getName(),
                "__connect.errors.exception.message",
                    "INVALID_FIELD: " + Samples.rejected().getMessage()));
  }

  @Test
  void deadLettersWithoutAKeyOrAnEventTimeAreWritten() throws Exception {
    RejectedRecord rejected = Samples.rejected();
    rejected.setKey(null);

    ProducerRecord<byte[], byte[]> written =
        write(new DeadLetterSchema("dead", WireConfig.SINGLE_OBJECT), rejected, Long.MIN_VALUE);

    assertThat(written.key()).isNull();
  }

  /** A broker refuses a record that is an hour ahead, and the job would fail again and again. */
  @Test
  void noEventTimeBecomesARecordsTimestamp() throws Exception {
    DeadLetterSchema schema = new DeadLetterSchema("dead", WireConfig.SINGLE_OBJECT);
    for (long eventTime : new long[] {Long.MIN_VALUE, 7, Long.MAX_VALUE}) {
      assertThat(write(schema, Samples.rejected(), eventTime).timestamp()).isNull();
    }
  }

  @Test
  void stepReportsAreKeyedByAdapterInTheConfiguredFormat() throws Exception {
    try (InMemoryRegistry registry = InMemoryRegistry.start()) {
      WireConfig confluent = new WireConfig(WireFormat.CONFLUENT, registry.config());

      ProducerRecord<byte[], byte[]> written =
          write(new StepReportSchema("metrics", confluent), Samples.report(), 7L);

      assertThat(written.key()).isEqualTo("mail".getBytes(StandardCharsets.UTF_8));
      assertThat(written.value()).startsWith(0, 0, 0, 0, 1);
      assertThat(read(StepReport.class, confluent, written)).isEqualTo(Samples.report());
      assertThat(registry.requests()).contains("POST /subjects/metrics-value/versions");
    }
  }

  @Test
  void eventsLieOnTheMetricsTopicUnderASubjectOfTheirOwn() throws Exception {
    try (InMemoryRegistry registry = InMemoryRegistry.start()) {
      WireConfig confluent = new WireConfig(WireFormat.CONFLUENT, registry.config());

      ProducerRecord<byte[], byte[]> written =
          write(new AdapterEventSchema("metrics", confluent), Samples.event(), 7L);

      assertThat(written.key()).isEqualTo("mail".getBytes(StandardCharsets.UTF_8));
      assertThat(read(AdapterEvent.class, confluent, written)).isEqualTo(Samples.event());
      assertThat(registry.requests())
          .contains("POST /subjects/metrics-dev.reslora.schema.avro.AdapterEvent/versions");
    }
  }

  @Test
  void kafkaSinkTakesThemAndTheirLineage() {
    var sink =
        KafkaSink.<RejectedRecord>builder()
            .setBootstrapServers("localhost:1")
            .setRecordSerializer(new DeadLetterSchema("dead", WireConfig.SINGLE_OBJECT))
            .build();

    assertThat(sink.getLineageVertex().datasets()).hasSize(1);
    assertThat(sink.getLineageVertex().datasets().get(0).name()).isEqualTo("dead");
  }

  @Test
  void laterStagesNameTheOriginToo() {
    RejectedRecords rejected = new RejectedRecords(8);
    RejectedException fault = new RejectedException(RejectionReason.EMPTY_TEXT, "text: empty");
    Origin origin = new Origin("training", 3, 41, 5);

    RejectedRecord tokenize = rejected.tokenize(DecodedRecord.of(origin, Samples.example()), fault);
    RejectedRecord train =
        rejected.train(
            new TokenizedExample(
                "mail", "e-1", "training", 3, 41, 0, new int[] {1}, null, 0, null, 1),
            RejectionReason.ADAPTER_PAUSED,
            "paused");

    assertThat(tokenize.getStage()).isEqualTo("tokenize");
    assertThat(tokenize.getReason()).isEqualTo(RejectionReason.EMPTY_TEXT);
    assertThat(tokenize.getValue().remaining()).isEqualTo(8);
    assertThat(tokenize.getValueSize()).isGreaterThan(8);
    assertThat(train.getStage()).isEqualTo("train");
    assertThat(train.getReason()).isEqualTo(RejectionReason.ADAPTER_PAUSED);
    assertThat(train.getValueSize()).isEqualTo(-1);
    for (RejectedRecord record : List.of(tokenize, train)) {
      assertThat(record.getTopic()).isEqualTo("training");
      assertThat(record.getPartition()).isEqualTo(3);
      assertThat(record.getOffset()).isEqualTo(41);
      assertThat(record.getAdapterId()).isEqualTo("mail");
    }
  }

  /** Through Java serialization, as Flink ships it. */
  private static <T extends SpecificRecordBase> ProducerRecord<byte[], byte[]> write(
      AvroTopicSchema<T> schema, T record, long timestamp) throws Exception {
    AvroTopicSchema<T> shipped = InstantiationUtil.clone(schema);
    SinkContext context = new SinkContext();
    shipped.open(context, context);
    return shipped.serialize(record, context, timestamp);
  }

  private static <T extends SpecificRecordBase> T read(
      Class<T> type, WireConfig wire, ProducerRecord<byte[], byte[]> written) throws Exception {
    return wire.<T>decoder(List.of(type)).decode(written.value());
  }

  private static Map<String, String> headers(ProducerRecord<?, ?> written) {
    Map<String, String> headers = new TreeMap<>();
    written
        .headers()
        .forEach(h -> headers.put(h.key(), new String(h.value(), StandardCharsets.UTF_8)));
    return headers;
  }

  private static final class SinkContext implements KafkaSinkContext, InitializationContext {

    @Override
    public MetricGroup getMetricGroup() {
      return new UnregisteredMetricsGroup();
    }

    @Override
    public UserCodeClassLoader getUserCodeClassLoader() {
      return SimpleUserCodeClassLoader.create(SinkSchemasTest.class.getClassLoader());
    }

    @Override
    public int getParallelInstanceId() {
      return 0;
    }

    @Override
    public int getNumberOfParallelInstances() {
      return 1;
    }

    @Override
    public int[] getPartitionsForTopic(String topic) {
      return new int[] {0};
    }
  }
}
