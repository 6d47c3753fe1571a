package dev.reslora.operator;

import dev.reslora.snapshot.ServingRecord;
import dev.reslora.snapshot.Transit;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.DefaultTypeDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.lineage.TypeDatasetFacet;
import org.apache.flink.connector.kafka.lineage.TypeDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Places the publish stage's records on the serving topic. All records of an adapter share its
 * partition, so that they stay in order; a chunk's own key would scatter them. Their timestamp is
 * the candidate's: when its snapshot fell due. Tells Flink's lineage the topic, which pooled
 * transaction ids depend on.
 */
public final class ServingRecordSchema
    implements KafkaRecordSerializationSchema<ServingRecord>,
        KafkaDatasetFacetProvider,
        TypeDatasetFacetProvider {

  private final String topic;

  public ServingRecordSchema(String topic) {
    this.topic = topic;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      ServingRecord record, KafkaSinkContext context, @Nullable Long timestamp) {
    int[] partitions = context.getPartitionsForTopic(topic);
    int partition = partitions[record.partitionHash() % partitions.length];
    Headers headers = headers(record);
    if (record.type().equals("manifest")) {
      String now = Long.toString(System.currentTimeMillis());
      headers.add(Transit.SENT_HEADER, now.getBytes(StandardCharsets.UTF_8));
    }
    return new ProducerRecord<>(topic, partition, timestamp, record.key(), record.value(), headers);
  }

  /** Type, version, and the attributes of a CloudEvent where the record is one. */
  public static Headers headers(ServingRecord record) {
    Headers headers =
        new RecordHeaders()
            .add("type", record.type().getBytes(StandardCharsets.UTF_8))
            .add("version", Long.toString(record.version()).getBytes(StandardCharsets.UTF_8));
    new TreeMap<>(record.attributes())
        .forEach((name, value) -> headers.add(name, value.getBytes(StandardCharsets.UTF_8)));
    return headers;
  }

  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
  }

  @Override
  public Optional<TypeDatasetFacet> getTypeDatasetFacet() {
    return Optional.of(new DefaultTypeDatasetFacet(TypeInformation.of(ServingRecord.class)));
  }
}
