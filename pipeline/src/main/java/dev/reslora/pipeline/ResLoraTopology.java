package dev.reslora.pipeline;

import dev.reslora.operator.AdapterEventSchema;
import dev.reslora.operator.DeadLetterSchema;
import dev.reslora.operator.DecodedRecord;
import dev.reslora.operator.DecodedRecordSchema;
import dev.reslora.operator.PublishFunction;
import dev.reslora.operator.RejectedRecords;
import dev.reslora.operator.RejectionRouter;
import dev.reslora.operator.ServingRecordSchema;
import dev.reslora.operator.StepReportSchema;
import dev.reslora.operator.TokenizeFunction;
import dev.reslora.operator.TrainOperator;
import dev.reslora.operator.TrainingInput;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.AdapterEvent;
import dev.reslora.schema.avro.RejectedRecord;
import dev.reslora.schema.avro.StepReport;
import dev.reslora.snapshot.PublishRequest;
import dev.reslora.snapshot.ServingRecord;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * The job:
 *
 * <ol>
 *   <li><b>decode</b>: Kafka records of the training topic become examples and commands, or dead
 *       letters
 *   <li><b>tokenize</b>: texts become tokens
 *   <li><b>train</b>: keyed by adapter id, tests then trains micro-batches; a step report for each,
 *       a candidate when a snapshot is due and the gate lets it pass
 *   <li><b>publish</b>: numbers candidates, chains them, and cuts them into records; retires the
 *       versions of deleted adapters
 *   <li>sinks: versions to the serving topic, step reports and adapters' events to the metrics
 *       topic, what any stage refused to the dead-letter topic
 * </ol>
 *
 * <p>Source subtask to keyed subtask is one channel, so an adapter whose examples are one partition
 * learns in that partition's order.
 */
public final class ResLoraTopology {

  // Uids are part of every checkpoint: a renamed one loses its state.

  /** Uid of the stage that keeps adapters. */
  public static final String TRAIN = "train";

  /** Uid of the stage that keeps the newest versions. */
  public static final String PUBLISH = "publish";

  static final String DECODE = "decode";
  static final String ROUTE = "route-rejected";
  static final String TOKENIZE = "tokenize";
  static final String SNAPSHOTS = "snapshots-sink";
  static final String METRICS = "metrics-sink";
  static final String EVENTS = "events-sink";
  static final String REJECTED = "rejected-sink";

  private final StreamExecutionEnvironment environment;
  private final JobConfig config;

  private ResLoraTopology(StreamExecutionEnvironment environment, JobConfig config) {
    this.environment = environment;
    this.config = config;
  }

  /** Adds the whole job to an environment made with {@link FlinkSettings}. */
  public static void build(StreamExecutionEnvironment environment, JobConfig config) {
    build(environment, config, new TrainOperator(config.train()));
  }

  static void build(
      StreamExecutionEnvironment environment,
      JobConfig config,
      OneInputStreamOperator<TrainingInput, PublishRequest> train) {
    new ResLoraTopology(environment, config).build(train);
  }

  private void build(OneInputStreamOperator<TrainingInput, PublishRequest> train) {
    SingleOutputStreamOperator<DecodedRecord> decoded =
        environment
            .fromSource(source(), eventTime(), DECODE)
            .uid(DECODE)
            .process(new RejectionRouter())
            .returns(DecodedRecord.TYPE)
            .name(ROUTE)
            .uid(ROUTE);

    SingleOutputStreamOperator<TrainingInput> tokenized =
        decoded
            .process(new TokenizeFunction(config.tokenize()))
            .returns(TrainingInput.TYPE)
            .name(TOKENIZE)
            .uid(TOKENIZE);

    SingleOutputStreamOperator<PublishRequest> candidates =
        tokenized
            .keyBy(TrainingInput::key, Types.STRING)
            .transform(TRAIN, TypeInformation.of(PublishRequest.class), train)
            .uid(TRAIN);

    // A candidate is on its adapter's subtask already: a second shuffle would copy it for nothing.
    SingleOutputStreamOperator<ServingRecord> versions =
        DataStreamUtils.reinterpretAsKeyedStream(candidates, PublishRequest::key, Types.STRING)
            .process(new PublishFunction(config.publish()))
            .returns(TypeInformation.of(ServingRecord.class))
            .name(PUBLISH)
            .uid(PUBLISH);

    DataStream<StepReport> reports = candidates.getSideOutput(TrainOperator.REPORTS);
    DataStream<AdapterEvent> events = candidates.getSideOutput(TrainOperator.EVENTS);

    DataStream<RejectedRecord> rejected =
        decoded
            .getSideOutput(RejectedRecords.OUTPUT)
            .union(
                tokenized.getSideOutput(RejectedRecords.OUTPUT),
                candidates.getSideOutput(RejectedRecords.OUTPUT));

    drain(versions, SNAPSHOTS, new ServingRecordSchema(topics().snapshots()));
    drain(reports, METRICS, new StepReportSchema(topics().metrics(), wire()));
    drain(events, EVENTS, new AdapterEventSchema(topics().metrics(), wire()));
    drain(rejected, REJECTED, new DeadLetterSchema(topics().rejected(), wire()));
  }

  private KafkaSource<DecodedRecord> source() {
    Properties properties = new Properties();
    properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.putAll(config.kafka().properties());
    return KafkaSource.<DecodedRecord>builder()
        .setBootstrapServers(config.kafka().bootstrapServers())
        .setTopics(topics().examples())
        .setGroupId(config.kafka().groupId())
        .setClientIdPrefix(config.name())
        .setStartingOffsets(config.kafka().startingOffsets().initializer())
        .setProperties(properties)
        .setDeserializer(new DecodedRecordSchema(config.decode()))
        .build();
  }

  /** For Flink's lag metrics; nothing in the job waits for a watermark. */
  private static WatermarkStrategy<DecodedRecord> eventTime() {
    return WatermarkStrategy.<DecodedRecord>forMonotonousTimestamps()
        .withTimestampAssigner((record, kafkaTimestamp) -> record.eventTime());
  }

  private <T> void drain(
      DataStream<T> stream, String uid, KafkaRecordSerializationSchema<T> schema) {
    Properties properties = new Properties();
    properties.setProperty(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Long.toString(config.delivery().transactionTimeout().toMillis()));
    properties.putAll(config.kafka().properties());
    KafkaSink<T> sink =
        KafkaSink.<T>builder()
            .setBootstrapServers(config.kafka().bootstrapServers())
            .setKafkaProducerConfig(properties)
            .setDeliveryGuarantee(config.delivery().mode().guarantee())
            .setTransactionalIdPrefix(config.name() + "-" + uid)
            .setRecordSerializer(schema)
            .build();
    stream.sinkTo(sink).name(uid).uid(uid);
  }

  private JobConfig.Topics topics() {
    return config.kafka().topics();
  }

  private WireConfig wire() {
    return config.decode().wire();
  }
}
