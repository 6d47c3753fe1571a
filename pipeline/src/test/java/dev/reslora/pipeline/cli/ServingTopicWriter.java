package dev.reslora.pipeline.cli;

import dev.reslora.pipeline.local.LocalBroker;
import dev.reslora.pipeline.local.TopicPlan;
import dev.reslora.reslora.ClassifierHead;
import dev.reslora.reslora.MergedAdapter;
import dev.reslora.reslora.MergedFactor;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.MergeFidelity;
import dev.reslora.schema.avro.OffsetRange;
import dev.reslora.schema.avro.SnapshotManifest;
import dev.reslora.snapshot.ChainHead;
import dev.reslora.snapshot.PeftLayout;
import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.ServingRecordWriter;
import dev.reslora.snapshot.Snapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Publishes as the job does, in transactions, without the job. */
final class ServingTopicWriter implements AutoCloseable {

  static final int PARTITIONS = 3;

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<String, ChainHead> heads = new HashMap<>();
  private int partitions = PARTITIONS;

  ServingTopicWriter(LocalBroker broker, String topic) {
    this.topic = topic;
    broker.createTopics(List.of(new TopicPlan(topic, PARTITIONS).compacted()));
    ByteArraySerializer bytes = new ByteArraySerializer();
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", topic),
            bytes,
            bytes);
    producer.initTransactions();
  }

  /** What is sent from here on goes by this number of partitions. */
  void growTo(LocalBroker broker, int count) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(count))).all().get();
    }
    partitions = count;
  }

  /** The next version of an adapter, in one committed transaction. */
  void publish(String adapterId) throws IOException {
    send(records(adapterId));
  }

  /**
   * The next version of an adapter, its payload elsewhere.
   *
   * @param dataref where
   * @return the payload
   */
  byte[] publish(String adapterId, String dataref) throws IOException {
    List<ServingRecord> records = new ArrayList<>();
    byte[] payload = next(adapterId, dataref, records);
    send(records);
    return payload;
  }

  /** The next version of an adapter, not yet sent. */
  List<ServingRecord> records(String adapterId) throws IOException {
    List<ServingRecord> records = new ArrayList<>();
    next(adapterId, "", records);
    return records;
  }

  private byte[] next(String adapterId, String dataref, List<ServingRecord> records)
      throws IOException {
    ChainHead before = heads.getOrDefault(adapterId, ChainHead.NONE);
    Snapshot version = before.next(candidate(adapterId, before.version()), dataref);
    heads.put(adapterId, ChainHead.of(version.manifest()));
    new ServingRecordWriter(WireConfig.SINGLE_OBJECT, topic).write(version, before, records::add);
    return version.payload();
  }

  void send(List<ServingRecord> records) {
    begin(records);
    producer.commitTransaction();
  }

  /** Leaves the transaction open; its commit says whether a record failed. */
  @SuppressWarnings("FutureReturnValueIgnored")
  void begin(List<ServingRecord> records) {
    producer.beginTransaction();
    for (ServingRecord record : records) {
      producer.send(
          new ProducerRecord<>(
              topic, record.partitionHash() % partitions, record.key(), record.value()));
    }
    producer.flush();
  }

  void commit() {
    producer.commitTransaction();
  }

  void abort() {
    producer.abortTransaction();
  }

  private static Snapshot candidate(String adapterId, long before) {
    float[] weights = new float[8 * 64];
    Arrays.fill(weights, before + 1f);
    MergedFactor factor =
        new MergedFactor("encoder.layer.0.attention.self.query", 8, 64, 64, weights, weights);
    ClassifierHead head =
        new ClassifierHead(
            List.of("ham", "spam"), "mean", 64, new float[128], new float[] {before, 0});
    SnapshotManifest.Builder facts =
        SnapshotManifest.newBuilder()
            .setAdapterId(adapterId)
            .setBaseModel("minilm")
            .setBaseModelDigest("b".repeat(64))
            .setConfigDigest("c".repeat(64))
            .setCodeVersion("0.1.0")
            .setStep(before + 1)
            .setTotalExamples(before + 1)
            .setExamplesTrained(1)
            .setExamplesSkipped(0)
            .setOffsets(List.of(new OffsetRange("training-examples", 0, before, before + 1)))
            .setEventTime(Instant.ofEpochMilli(1_000 * before))
            .setTrigger("steps")
            .setShortcut("block")
            .setLabels(List.of("ham", "spam"))
            .setFidelity(new MergeFidelity("exact", 4, 40, 0.0, 1.0, 0.0, 0.0));
    MergedAdapter adapter = new MergedAdapter(List.of(factor), head);
    return Snapshot.candidate(facts, PeftLayout.write(adapter, "minilm", "b".repeat(64)));
  }

  @Override
  public void close() {
    producer.close();
  }
}
