package dev.reslora.operator;

import dev.reslora.schema.AvroEncoder;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.serialization.SerializationSchema.InitializationContext;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.DefaultTypeDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.lineage.TypeDatasetFacet;
import org.apache.flink.connector.kafka.lineage.TypeDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * One record type on one topic, in the configured wire format; the partition follows from the key.
 * Tells Flink's lineage the topic and the type, which pooled transaction ids depend on.
 */
abstract class AvroTopicSchema<T extends SpecificRecordBase>
    implements KafkaRecordSerializationSchema<T>,
        KafkaDatasetFacetProvider,
        TypeDatasetFacetProvider {

  private static final long serialVersionUID = 1L;

  private final Class<T> type;
  private final String topic;
  private final WireConfig wire;
  private final SubjectNaming naming;
  private transient @Nullable AvroEncoder<T> encoder;

  AvroTopicSchema(Class<T> type, String topic, WireConfig wire, SubjectNaming naming) {
    this.type = type;
    this.topic = topic;
    this.wire = wire;
    this.naming = naming;
  }

  abstract byte @Nullable [] key(T record);

  abstract Iterable<Header> headers(T record);

  @Override
  public void open(InitializationContext context, KafkaSinkContext sink) throws IOException {
    encoder = wire.encoder(type, topic, naming);
  }

  /**
   * Without a timestamp, which then is the time of sending: event times come from outside, a broker
   * refuses those an hour ahead of it, and retention deletes old ones at once.
   */
  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      T record, KafkaSinkContext context, @Nullable Long timestamp) {
    byte[] value = Objects.requireNonNull(encoder, "opened first").encode(record);
    return new ProducerRecord<>(topic, null, null, key(record), value, headers(record));
  }

  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
  }

  @Override
  public Optional<TypeDatasetFacet> getTypeDatasetFacet() {
    return Optional.of(new DefaultTypeDatasetFacet(new AvroTypeInfo<>(type)));
  }
}
