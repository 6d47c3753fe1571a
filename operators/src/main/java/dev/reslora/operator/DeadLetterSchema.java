package dev.reslora.operator;

import dev.reslora.schema.RejectedException;
import dev.reslora.schema.SubjectNaming;
import dev.reslora.schema.WireConfig;
import dev.reslora.schema.avro.RejectedRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Rejected records of every stage on the dead-letter topic, under their original key. The headers
 * are named and written as Kafka Connect's, so that tools for its dead letters work here too.
 */
public final class DeadLetterSchema extends AvroTopicSchema<RejectedRecord> {

  private static final long serialVersionUID = 1L;

  private static final String PREFIX = "__connect.errors.";

  public DeadLetterSchema(String topic, WireConfig wire) {
    super(RejectedRecord.class, topic, wire, SubjectNaming.TOPIC);
  }

  @Override
  byte @Nullable [] key(RejectedRecord rejected) {
    ByteBuffer key = rejected.getKey();
    if (key == null) {
      return null;
    }
    byte[] bytes = new byte[key.remaining()];
    key.duplicate().get(bytes);
    return bytes;
  }

  @Override
  Iterable<Header> headers(RejectedRecord rejected) {
    return List.of(
        header("topic", rejected.getTopic()),
        header("partition", String.valueOf(rejected.getPartition())),
        header("offset", String.valueOf(rejected.getOffset())),
        header("stage", rejected.getStage()),
        header("exception.class.name", RejectedException.class.getName()),
        header("exception.message", rejected.getReason() + ": " + rejected.getMessage()));
  }

  private static Header header(String name, String value) {
    return new RecordHeader(PREFIX + name, value.getBytes(StandardCharsets.UTF_8));
  }
}
